#include "lee/ops.h"
#include <math.h>
#include <string.h>

static const struct lee_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &lee_portable,
                                                        SR_ON_X86([SR_AVX2] = &lee_avx2, [SR_AVX512] = &lee_avx512)};

/* Scratch: the sums of WINDOW rows, each in a slot of its own, and one row of pixels with its mirrored ends. */
struct work {
    double *values, *squares, *pixels;
    uint8_t *counts, *finite;
    size_t cols;
};

enum { ALIGNMENT = _Alignof(double) };

size_t sr_lee7_scratch(size_t cols) {
    return ALIGNMENT + (2 * WINDOW * cols + cols + 2 * REACH) * sizeof(double) + WINDOW * cols + cols + 2 * REACH;
}

static struct work work_in(void *scratch, size_t cols) {
    double *start = (double *)((uint8_t *)scratch + -(uintptr_t)scratch % ALIGNMENT);
    struct work w = {.values = start, .squares = start + WINDOW * cols, .cols = cols};
    w.pixels = w.squares + WINDOW * cols;
    w.counts = (uint8_t *)(w.pixels + cols + 2 * REACH), w.finite = w.counts + WINDOW * cols;
    return w;
}

/* The place 0..size-1 that is seen at place `at` of the mirrored image, however far outside that is. */
static size_t mirrored(ptrdiff_t at, size_t size) {
    ptrdiff_t end = (ptrdiff_t)size, place = at % (2 * end);
    if (place < 0) place += 2 * end;
    return (size_t)(place < end ? place : 2 * end - 1 - place);
}

/* Fill in place `to` of the wide row, which lies in a mirrored end. */
static void mirror(const struct work *w, size_t to) {
    size_t from = mirrored((ptrdiff_t)to - REACH, w->cols) + REACH;
    w->pixels[to] = w->pixels[from], w->finite[to] = w->finite[from];
}

static void widen(const struct lee_ops *ops, const struct work *w, const float *row) {
    ops->take_row(row, w->cols, w->pixels + REACH, w->finite + REACH);
    for (size_t i = 0; i < REACH; i++) mirror(w, i), mirror(w, w->cols + REACH + i);
}

static struct sums slot(const struct work *w, size_t number) {
    size_t at = number % WINDOW * w->cols;
    return (struct sums){w->values + at, w->squares + at, w->counts + at};
}

int sr_lee7_f32(const float *in, size_t rows, size_t cols, double noise_variance, float *out, void *scratch,
                size_t scratch_size) {
    if (rows == 0 || cols == 0 || !(noise_variance > 0) || !isfinite(noise_variance)) return SR_BAD_ARGUMENT;
    if (scratch_size < sr_lee7_scratch(cols)) return SR_TOO_SMALL;
    const struct lee_ops *ops = SR_PICK(TABLES);
    const struct work w = work_in(scratch, cols);
    for (size_t next = 0; next < rows + 2 * REACH; next++) { /* row next - REACH of the mirrored image */
        widen(ops, &w, in + mirrored((ptrdiff_t)next - REACH, rows) * cols);
        ops->sum_row(w.pixels, w.finite, cols, slot(&w, next));
        if (next < 2 * REACH) continue;
        size_t row = next - 2 * REACH;
        struct sums window[WINDOW];
        for (size_t i = 0; i < WINDOW; i++) window[i] = slot(&w, row + i);
        ops->filter_row(window, in + row * cols, cols, noise_variance, out + row * cols);
    }
    return SR_OK;
}

/* A flat image stays as it is, a single high pixel is smoothed as the formula says, and a NaN has no part in the
 * sums. */
int sr_selftest_lee(void) {
    enum { SIDE = 19, PEAK = 9 * SIDE + 9, GAP = 3 * SIDE + 3 };
    float in[SIDE * SIDE], out[SIDE * SIDE];
    uint8_t scratch[8192];
    for (int i = 0; i < SIDE * SIDE; i++) in[i] = 2;
    in[PEAK] = 51, in[GAP] = __builtin_nanf("");
    sr_lee7_f32(in, SIDE, SIDE, 48, out, scratch, sizeof scratch);
    /* At the peak, 2 + 49: mean 2 + 1 = 3, variance 49 * 49 / 49 - 1 = 48, as large as that of the noise: half way
     * between. */
    int right = out[PEAK] == 27 && out[PEAK + 3] == 2.5F && out[PEAK + 4] == 2 && out[GAP + 1] == 2 && out[0] == 2;
    uint32_t gap;
    memcpy(&gap, &out[GAP], sizeof gap);
    return right && gap == 0x7FC00000 ? SR_OK : SR_CORRUPT;
}
