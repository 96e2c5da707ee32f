#ifndef SKYRACK_SRC_LEE_OPS_H
#define SKYRACK_SRC_LEE_OPS_H
#include "level.h"
#include "skyrack/lee.h"

enum { WINDOW = 7, REACH = WINDOW / 2 };

/* Sums over one row: for each column those of the WINDOW pixels that begin there, of their squares, and how many of
 * them are finite. */
struct sums {
    double *values, *squares;
    uint8_t *counts;
};

struct lee_ops {
    /* Convert pixels to binary64, with finite[i] = 1; pixels that are not finite become 0, with finite[i] = 0. */
    void (*take_row)(const float *row, size_t cols, double *pixels, uint8_t *finite);
    /* The sums of a row, from cols + 2 * REACH such pixels. */
    void (*sum_row)(const double *pixels, const uint8_t *finite, size_t cols, struct sums out);
    /* One row of the result, from the sums of WINDOW rows and the row in their middle. */
    void (*filter_row)(const struct sums *rows, const float *middle, size_t cols, double noise_variance, float *out);
};

extern const struct lee_ops lee_portable, lee_avx2, lee_avx512;
#endif
