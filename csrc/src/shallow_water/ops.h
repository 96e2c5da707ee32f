#ifndef SKYRACK_SRC_SHALLOW_WATER_OPS_H
#define SKYRACK_SRC_SHALLOW_WATER_OPS_H
#include "level.h"
#include "skyrack/shallow_water.h"

#define SR_GRAVITY 9.80665F

/* What a row's steps multiply by. All but the cosines and the terms of viscosity include the length of the step. */
struct coefficients {
    float east, north;                       /* step / dx, step / dy over the cosine of the row */
    float cos_south, cos_north;              /* of its southern and northern sides */
    float damp_east, damp_north;             /* viscosity / dx, viscosity / dy over the cosine of the row */
    float rotation, rotation_north;          /* f of its southern side, of its northern one */
    float turn_east, turn_north, turn_south; /* vorticity of the northern side: of v, of the row beyond, of this one */
    float curl_east;                         /* viscosity / dx of its southern side */
    float cos_middle;
};

/* What is the same for all rows. */
struct constants {
    float depth, gradient, curl_north; /* mean depth, step / dy, viscosity / dy */
};

/* A row of the state with its neighbours, and what a step keeps of them, everything from column 0. Names with _n are of
 * the row to the north, with _s of the row to the south; v, z and flux lie on the southern side of their row. */
struct rows {
    const struct coefficients *c;
    const struct constants *k;
    size_t cols;
    float *eta, *u, *v;
    const float *eta_n, *u_n, *v_n, *u_s;
    float *flux, *flux_n; /* mass flux through southern sides, times their cosine */
    float *z, *z_n;       /* absolute vorticity of southwestern corners, times the step */
    float *head, *head_s; /* Bernoulli's: gravity * eta + kinetic energy, less viscosity * divergence */
};

enum { SUM_LANES = 16 };

struct shallow_water_ops {
    void (*look_north)(const struct rows *r); /* flux_n and z_n, from rows that the step has not changed yet */
    void (*step_eta)(const struct rows *r);   /* eta, and head from it */
    void (*step_u)(const struct rows *r);
    void (*step_v)(const struct rows *r);
    /* Add eta to sums[0] and twice the energy to sums[1], and raise sums[2] to the largest u^2 + v^2; cell i goes to
     * number i % SUM_LANES of each. */
    void (*measure)(const struct rows *r, double sums[3][SUM_LANES]);
    void (*check)(const uint32_t *words, size_t pairs, struct sr_checks *out);
};

extern const struct shallow_water_ops shallow_water_portable, shallow_water_avx2, shallow_water_avx512;
#endif
