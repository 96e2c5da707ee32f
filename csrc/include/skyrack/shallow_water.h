/* Nonlinear shallow water on a band of the sphere: a layer of one density whose surface, with gravity and the Earth's
 * rotation, moves weather's large waves. Periodic from west to east, walls in the south and in the north.
 *
 * The grid is Arakawa's C. Row 0 lies in the south; with j counting rows and i columns,
 *     eta[j][i]   surface above the mean depth, m, in the middle of a cell
 *     u[j][i]     eastward velocity, m/s, in the middle of the cell's western side
 *     v[j][i]     northward velocity, m/s, in the middle of its southern side; v[0] is the southern wall and remains 0
 * The equations are in vector-invariant form, their vorticity flux averaged as in the energy-conserving scheme of R.
 * Sadourny (J. Atmos. Sci. 32, 1975, 680-689) with the depth there taken as constant, and mass as a flux. A step goes
 * forward and backward (F. Mesinger and A. Arakawa, GARP 17, 1976, ch. IV): eta, then u with the new eta, then v with
 * the new eta and u. Vorticity and kinetic energy are the old ones. A constant viscosity (grad div - curl curl) holds
 * down what the explicit step would let grow where winds blow: with 50 km cells, 1e5 m2/s and half of the longest step
 * that is permitted keep a day of winter weather within 2 % of its energy; without any it breaks up in less.
 *
 * All arithmetic is binary32 in one order, no multiplication fused with an addition: replicas agree bit for bit on
 * every level and processor, but for the bits of NaN. */
#ifndef SKYRACK_SHALLOW_WATER_H
#define SKYRACK_SHALLOW_WATER_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

struct sr_shallow_water_grid {
    uint32_t rows, cols;     /* 2 and 3 at least, 65536 at most */
    double south_deg;        /* latitude of the southern wall */
    double row_deg, col_deg; /* extent of a cell; the walls lie within -89..89 degrees */
    double step_s;           /* at most what gravity waves need to cross a cell, see sr_shallow_water_make */
    double depth_m;          /* mean depth */
    double viscosity_m2_s;   /* 0 for none */
};

/* Octets of a model of this grid; 0 for rows or columns out of range. */
size_t sr_shallow_water_size(const struct sr_shallow_water_grid *grid);

/* Octets of scratch that a run over rows of this many columns needs. */
size_t sr_shallow_water_scratch(size_t cols);

/* Make a model: the coefficients of every row.
 *   model   sr_shallow_water_size() octets, aligned as a float
 * Returns SR_OK; SR_TOO_SMALL; SR_BAD_ARGUMENT for a parameter out of range, among them a step for which
 * step * (sqrt(gravity * depth) * sqrt(1/dx^2 + 1/dy^2)) is above 1, or viscosity * step * 4 * (1/dx^2 + 1/dy^2) above
 * 1, dx and dy being the least sides of a cell. */
int sr_shallow_water_make(const struct sr_shallow_water_grid *grid, void *model, size_t model_size);

/* Do `steps` steps in place. Every field has rows * cols floats, row after row.
 * Returns SR_OK; SR_TOO_SMALL for the scratch; SR_CORRUPT where the model is of another grid, or seems so because its
 * memory has changed. Nothing is touched in these two cases. */
int sr_shallow_water_run(const void *model, size_t rows, size_t cols, float *eta, float *u, float *v, size_t steps,
                         void *scratch, size_t scratch_size);

struct sr_shallow_water_invariants {
    double mean_m;       /* of eta, over the area: constant but for rounding */
    double energy_m3_s2; /* kinetic and potential energy, over the density, of a mean square metre: nearly constant;
                            not a number where any value of the state is not */
    double speed_max;    /* largest (u[j][i]^2 + v[j][i]^2)^(1/2) over all cells, m/s */
};

/* Measure what a sound state keeps. Sums are binary64 in one order on all levels. Returns SR_OK or SR_CORRUPT, as
 * above. */
int sr_shallow_water_measure(const void *model, size_t rows, size_t cols, const float *eta, const float *u,
                             const float *v, struct sr_shallow_water_invariants *out);

/* Two checks over `count` words of 32 bits, taken in pairs as numbers of 64 bits, the last pair filled up with zeros:
 * their sum modulo 2^64, and their exclusive or. Any single flipped bit changes both. */
struct sr_checks {
    uint64_t sum, parity;
};
void sr_check_words(const uint32_t *words, size_t count, struct sr_checks *out);

/* SR_OK if the level in use gives the stored answers (some ten microseconds), else SR_CORRUPT. */
int sr_selftest_shallow_water(void);

#ifdef __cplusplus
}
#endif
#endif
