/* The functions of struct lee_ops as plain loops for the vectoriser, which each level compiles for its own vectors. */
#include "lee/ops.h"

static inline int is_finite(float pixel) {
    return pixel - pixel == 0; /* NOLINT(misc-redundant-expression): else it is NaN, which equals nothing */
}

static void take_row(const float *restrict row, size_t cols, double *restrict pixels, uint8_t *restrict finite) {
    for (size_t c = 0; c < cols; c++) pixels[c] = is_finite(row[c]) ? row[c] : 0;
    for (size_t c = 0; c < cols; c++) finite[c] = (uint8_t)is_finite(row[c]);
}

static void sum_row(const double *restrict pixels, const uint8_t *restrict finite, size_t cols, struct sums out) {
    double *restrict values = out.values, *restrict squares = out.squares;
    uint8_t *restrict counts = out.counts;
    for (size_t c = 0; c < cols; c++) {
        const double *p = pixels + c;
        values[c] = p[0] + p[1] + p[2] + p[3] + p[4] + p[5] + p[6];
        squares[c] = p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + p[3] * p[3] + p[4] * p[4] + p[5] * p[5] + p[6] * p[6];
    }
    for (size_t c = 0; c < cols; c++) {
        const uint8_t *f = finite + c;
        counts[c] = (uint8_t)(f[0] + f[1] + f[2] + f[3] + f[4] + f[5] + f[6]);
    }
}

/* The formula of the header, multiplied out to need two divisions only: for n pixels of sum s and variance v,
 * spread = n^2 v, and the result is (s + weight * (n x - s)) / n. */
static inline float filtered(float pixel, double sum, double squares, double n, double noise_variance) {
    double spread = n * squares - sum * sum;
    spread = spread > 0 ? spread : 0; /* rounding may make it negative */
    double weight = spread / (spread + noise_variance * (n * n));
    float result = (float)((sum + weight * (n * (double)pixel - sum)) / n);
    return is_finite(pixel) ? result : __builtin_nanf("");
}

static void filter_row(const struct sums *rows, const float *restrict middle, size_t cols, double noise_variance,
                       float *restrict out) {
    const double *v[WINDOW], *q[WINDOW];
    const uint8_t *n[WINDOW];
    for (int i = 0; i < WINDOW; i++) v[i] = rows[i].values, q[i] = rows[i].squares, n[i] = rows[i].counts;
    for (size_t c = 0; c < cols; c++) {
        double sum = v[0][c] + v[1][c] + v[2][c] + v[3][c] + v[4][c] + v[5][c] + v[6][c];
        double squares = q[0][c] + q[1][c] + q[2][c] + q[3][c] + q[4][c] + q[5][c] + q[6][c];
        uint8_t count = (uint8_t)(n[0][c] + n[1][c] + n[2][c] + n[3][c] + n[4][c] + n[5][c] + n[6][c]);
        out[c] = filtered(middle[c], sum, squares, count, noise_variance);
    }
}
