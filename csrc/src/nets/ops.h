/* What the levels of the nets share.
 *
 * A convolution goes tile by tile. A tile is a rectangle of the output, its window the pixels of the input that it
 * needs. The window is copied into scratch where it reaches outside the image. Then, for NETS_WIDTH outputs at a time
 * and NETS_CHUNK channels at a time, products are added to sums of all pixels of the tile, which are kept in
 * scratch. */
#ifndef SKYRACK_SRC_NETS_OPS_H
#define SKYRACK_SRC_NETS_OPS_H
#include "level.h"
#include "skyrack/nets.h"
#include <string.h>

enum {
    NETS_WIDTH = 32,        /* outputs whose weights lie together */
    NETS_CHUNK = 128,       /* channels at a time: 3 x 3 x 128 x 32 weights stay in the cache */
    NETS_TILE_COLS = 14,    /* the most columns of a tile */
    NETS_TILE_PIXELS = 112, /* the most pixels: fewer make the check finer, more make it cheaper */
    NETS_SLACK = 16         /* numbers behind a window that may be read, and are not used */
};

/* One step of a tile: up to NETS_WIDTH outputs, up to NETS_CHUNK channels. */
struct nets_step {
    const float *in;      /* the window's first number of these channels */
    const float *weights; /* [taps_down][taps_across][channels][NETS_WIDTH] */
    float *sums;          /* [rows * cols][NETS_WIDTH] */
    const float *start;   /* what the sums start from: the bias, or the sums so far */
    size_t start_apart;   /* numbers of `start` from one pixel to the next: 0 for the bias, NETS_WIDTH for sums */
    size_t rows, cols;    /* of the tile */
    size_t taps_down, taps_across, channels;
    size_t across, down; /* numbers of the input from one window to the next, and to the one below */
    size_t right, below; /* numbers of the input from one tap to the next, and to the one below */
    size_t outputs;      /* how many of NETS_WIDTH are outputs; the others are filling */
};

struct nets_ops {
    void (*add_up)(const struct nets_step *step);
    void (*add_up_i8)(const struct nets_step *step); /* of pairs of 16-bit numbers, with 32-bit sums */
    void (*quantise)(const float *in, size_t count, float step, uint32_t zero, int16_t *out);
    void (*finish_i8)(const int32_t *sums, const float *scales, const float *bias, size_t outputs, uint32_t activation,
                      float *out);
    /* out[p * stride + i] = activation(sums[p][i]) for i < outputs. */
    void (*finish)(const float *sums, size_t pixels, size_t outputs, uint32_t activation, float *out, size_t stride);

    /* totals[i] += the sum over pixels of column i of NETS_WIDTH. */
    void (*total)(const float *sums, size_t pixels, double totals[NETS_WIDTH]);
    /* out[place][c] = the sum of channel c of the pixels place, place + step, ..., `cols` of them, for each place <
     * size. This function and the next one read up to NETS_SLACK numbers behind the last. */
    void (*add_row)(const float *in, size_t cols, size_t step, size_t channels, size_t size, float *out);
    /* sizes[c] += the sum of the magnitudes of channel c of `cols` pixels. */
    void (*add_sizes)(const float *in, size_t cols, size_t channels, float *sizes);
    /* to[i] += from[i] */
    void (*gather)(const float *from, size_t count, double *to);
    double (*dot)(const double *a, const double *b, size_t count);
    double (*dot_sizes)(const double *a, const float *b, size_t count);
    uint32_t (*sum)(const float *numbers, size_t count);

    void (*depthwise)(const struct sr_nets_window *window, const float *weights, const float *bias, const float *in,
                      float *out);
    void (*max_pool)(const struct sr_nets_window *window, const float *in, float *out);
    void (*average_pool)(const struct sr_nets_window *window, const float *in, float *out);
    void (*blend)(const float *near, const float *beside, const float *below, const float *across, size_t count,
                  float *out);
    void (*add)(const float *a, const float *b, size_t count, uint32_t activation, float *out);
    void (*activate)(const float *in, size_t count, uint32_t activation, float *out);
    void (*argmax)(const float *in, size_t pixels, size_t channels, uint8_t *out);
};

/* The functions of the level in use. */
const struct nets_ops *nets_picked(void);

extern const struct nets_ops nets_portable, nets_avx2, nets_avx512, nets_neon;
#endif
