/* Convolutions in 8-bit numbers. They run as those in binary32 do, with a pair of channels, 16 bits each, in the place
 * of one number. */
#include "nets/tiles.h"

/* The same window over half as many channels: pairs of them. */
static struct sr_nets_window paired(const struct sr_nets_window *w) {
    struct sr_nets_window pairs = *w;
    pairs.channels = (w->channels + 1) / 2;
    return pairs;
}

static int is_quantised(const struct sr_nets_window *w) {
    return is_convolution(w) && (uint64_t)w->size * w->size * w->channels <= SR_NETS_PRODUCTS_MAX;
}

/* Packed weights: pairs in the order that conv.c has for numbers, NETS_WIDTH zeros, a scale for each output, a bias for
 * each output. */
size_t sr_nets_packed_i8(const struct sr_nets_window *w) {
    if (!is_quantised(w)) return 0;
    const struct sr_nets_window pairs = paired(w);
    const struct plan p = plan_of(&pairs);
    return (weights_size(&p) + NETS_WIDTH + 2 * w->outputs) * sizeof(float);
}

static void pack_pair(const struct sr_nets_window *w, const struct plan *p, const int8_t *weights, size_t tap,
                      size_t pair, int16_t *packed) {
    const size_t chunk = pair / NETS_CHUNK * NETS_CHUNK, width = least(p->channels - chunk, NETS_CHUNK);
    for (size_t half = 0; half < 2 && 2 * pair + half < w->channels; half++)
        for (size_t i = 0; i < w->outputs; i++) {
            const size_t group = i / NETS_WIDTH * p->taps * p->channels;
            const size_t unit = (group + p->taps * chunk + tap * width + pair - chunk) * NETS_WIDTH + i % NETS_WIDTH;
            packed[2 * unit + half] = weights[(tap * w->channels + 2 * pair + half) * w->outputs + i];
        }
}

int sr_nets_pack_i8(const struct sr_nets_window *w, const int8_t *weights, const float *scales, const float *bias,
                    void *packed, size_t packed_size) {
    if (!is_quantised(w)) return SR_BAD_ARGUMENT;
    if (packed_size < sr_nets_packed_i8(w)) return SR_TOO_SMALL;
    const struct sr_nets_window pairs = paired(w);
    const struct plan p = plan_of(&pairs);
    float *to = packed;
    memset(packed, 0, sr_nets_packed_i8(w));
    for (size_t tap = 0; tap < p.taps; tap++)
        for (size_t pair = 0; pair < p.channels; pair++) pack_pair(w, &p, weights, tap, pair, packed);
    memcpy(to + weights_size(&p) + NETS_WIDTH, scales, w->outputs * sizeof *scales);
    memcpy(to + weights_size(&p) + NETS_WIDTH + w->outputs, bias, w->outputs * sizeof *bias);
    return SR_OK;
}

size_t sr_nets_scratch_i8(const struct sr_nets_window *w) {
    if (!is_quantised(w)) return 0;
    const struct sr_nets_window pairs = paired(w);
    return sr_nets_scratch(&pairs);
}

/* Quantise the window of a tile; zeros stand outside the image, and for the second channel of a pair where there is
 * none. */
static void quantise_window(const struct nets_ops *ops, const struct sr_nets_window *w,
                            const struct sr_nets_steps *steps, const float *in, const struct tile *t, float *to) {
    const size_t cols = window_of(t->cols, w), rows = window_of(t->rows, w), pixel = (w->channels + 1) / 2;
    memset(to, 0, rows * cols * pixel * sizeof *to);
    for (size_t i = 0; i < rows; i++) {
        const size_t row = t->row * w->stride + i - w->top; /* wraps above the image, and is then beyond its end */
        if (row >= w->rows) continue;
        for (size_t j = 0; j < cols; j++) {
            const size_t col = t->col * w->stride + j - w->left;
            if (col >= w->cols) continue;
            ops->quantise(in + (row * w->cols + col) * w->channels, w->channels, steps->step, steps->zero,
                          (int16_t *)(to + (i * cols + j) * pixel));
        }
    }
}

static void convolve_tile(const struct nets_ops *ops, const struct sr_nets_window *w,
                          const struct sr_nets_window *pairs, const struct plan *p, const float *packed,
                          const struct tile *t, struct work *work, float *out) {
    const float *zeros = packed + weights_size(p), *scales = zeros + NETS_WIDTH, *bias = scales + w->outputs;
    work->view = work->window, work->below = window_of(t->cols, w) * p->channels;
    for (size_t at = 0; at < w->outputs; at += NETS_WIDTH) {
        const size_t outputs = least(NETS_WIDTH, w->outputs - at);
        add_group(ops->add_up_i8, pairs, p, t, packed + p->taps * p->channels * at, zeros, outputs, work);
        for (size_t i = 0; i < t->rows * t->cols; i++) {
            const size_t row = t->row + i / t->cols, col = t->col + i % t->cols;
            ops->finish_i8((const int32_t *)work->sums + i * NETS_WIDTH, scales + at, bias + at, outputs, w->activation,
                           out + (row * p->cols + col) * w->outputs + at);
        }
    }
}

int sr_nets_conv_i8(const struct sr_nets_window *w, const struct sr_nets_steps *steps, const void *packed,
                    const float *in, float *out, void *scratch, size_t scratch_size) {
    if (!is_quantised(w) || !(steps->step > 0) || steps->zero > 255) return SR_BAD_ARGUMENT;
    if (scratch_size < sr_nets_scratch_i8(w)) return SR_TOO_SMALL;
    const struct sr_nets_window pairs = paired(w);
    const struct plan p = plan_of(&pairs);
    const struct nets_ops *ops = nets_picked();
    struct work work = work_in(scratch, &p, w->size);
    for (size_t down = 0; down < p.tiles_down; down++)
        for (size_t across = 0; across < p.tiles_across; across++) {
            const struct tile t = tile_at(&p, down, across);
            quantise_window(ops, w, steps, in, &t, work.window);
            convolve_tile(ops, w, &pairs, &p, packed, &t, &work, out);
        }
    return SR_OK;
}
