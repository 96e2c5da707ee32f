/* The way of a convolution over its image, for numbers of either kind: tile by tile, and for each by groups of
 * outputs. */
#ifndef SKYRACK_SRC_NETS_TILES_H
#define SKYRACK_SRC_NETS_TILES_H
#include "nets/ops.h"

enum { CONV_SIZE_MAX = 7 };

/* How a convolution is divided. */
struct plan {
    uint32_t rows, cols; /* of the whole output */
    size_t tile_rows, tile_cols, tiles_down, tiles_across;
    size_t window_rows, window_cols; /* of the largest tile */
    size_t channels, taps, groups;
};

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t parts(size_t whole, size_t part) { return (whole + part - 1) / part; }

static inline int is_convolution(const struct sr_nets_window *w) {
    uint32_t rows, cols;
    return sr_nets_output(w, &rows, &cols) == SR_OK && w->size <= CONV_SIZE_MAX &&
           w->activation < SR_NETS_ACTIVATIONS &&
           (uint64_t)w->size * w->size * w->channels * w->outputs <= SR_NETS_NUMBERS_MAX;
}

static inline struct plan plan_of(const struct sr_nets_window *w) {
    struct plan p = {
        .channels = w->channels, .taps = (size_t)w->size * w->size, .groups = parts(w->outputs, NETS_WIDTH)};
    sr_nets_output(w, &p.rows, &p.cols);
    p.tiles_across = parts(p.cols, w->size == 1 ? 2 * NETS_TILE_COLS : NETS_TILE_COLS);
    p.tile_cols = parts(p.cols, p.tiles_across);
    p.tile_rows = least(p.rows, NETS_TILE_PIXELS / p.tile_cols);
    p.tiles_down = parts(p.rows, p.tile_rows);
    p.window_rows = (p.tile_rows - 1) * w->stride + w->size, p.window_cols = (p.tile_cols - 1) * w->stride + w->size;
    return p;
}

/* How many weights there are, padded to whole groups of outputs. */
static inline size_t weights_size(const struct plan *p) { return p->taps * p->channels * p->groups * NETS_WIDTH; }

/* Scratch: a copy of a window, the sums of a tile, and for the check the sums of what each tap meets and of magnitudes.
 * `view` is the window of the tile that is computed now, in scratch or in the image, with rows `below` numbers
 * apart. */
struct work {
    double *places, *common;
    float *window, *sums, *row, *sizes;
    const float *view;
    size_t below;
};

static inline size_t window_size(const struct plan *p) {
    return p->window_rows * p->window_cols * p->channels + NETS_SLACK;
}
static inline size_t tile_size(const struct plan *p) { return p->tile_rows * p->tile_cols * NETS_WIDTH; }

static inline struct work work_in(void *scratch, const struct plan *p, size_t size) {
    struct work work = {.places = (double *)((uint8_t *)scratch + -(uintptr_t)scratch % sizeof(double))};
    work.common = work.places + p->taps * p->channels;
    work.window = (float *)(work.common + size * p->channels);
    work.sums = work.window + window_size(p);
    work.row = work.sums + tile_size(p);
    work.sizes = work.row + size * p->channels;
    return work;
}

/* A rectangle of the output. */
struct tile {
    size_t row, col, rows, cols;
};

static inline struct tile tile_at(const struct plan *p, size_t down, size_t across) {
    const size_t col = p->cols * across / p->tiles_across, row = down * p->tile_rows;
    return (struct tile){row, col, least(p->tile_rows, p->rows - row), p->cols * (across + 1) / p->tiles_across - col};
}

static inline size_t window_of(size_t count, const struct sr_nets_window *w) {
    return (count - 1) * w->stride + w->size;
}

/* Add up a group of outputs over all channels, chunk by chunk, beginning with `start`, the bias. */
static inline void add_group(void (*add_up)(const struct nets_step *), const struct sr_nets_window *w,
                             const struct plan *p, const struct tile *t, const float *weights, const float *start,
                             size_t outputs, struct work *work) {
    const size_t across = w->stride * p->channels;
    /* How many taps of a row are joined to one: without chunks, their numbers lie together, and so do their weights. */
    const size_t joined = p->channels <= NETS_CHUNK ? w->size : 1;
    struct nets_step step = {.sums = work->sums,
                             .rows = t->rows,
                             .cols = t->cols,
                             .across = across,
                             .down = w->stride * work->below,
                             .right = p->channels,
                             .below = work->below,
                             .taps_down = w->size,
                             .taps_across = w->size / joined,
                             .outputs = outputs,
                             .start = start};
    for (size_t chunk = 0; chunk < p->channels; chunk += NETS_CHUNK) {
        step.in = work->view + chunk, step.channels = joined * least(NETS_CHUNK, p->channels - chunk);
        step.weights = weights + chunk * p->taps * NETS_WIDTH;
        add_up(&step);
        step.start = work->sums, step.start_apart = NETS_WIDTH;
    }
}
#endif
