/* Windows of any geometry. Each number of the output is summed in the same order: by rows of the window, by its
 * columns, by channels. */
#include "nets/any.h"
#include "skyrack/nets_any.h"

static int in_reach(const uint32_t pair[2], uint32_t least) {
    return pair[0] >= least && pair[0] <= SR_NETS_REACH_MAX && pair[1] >= least && pair[1] <= SR_NETS_REACH_MAX;
}

static int is_sliding(const struct sr_nets_sliding *w) {
    return is_shape(&w->in) && is_shape(&w->out) && in_reach(w->size, 1) && in_reach(w->stride, 1) &&
           in_reach(w->dilation, 1) && in_reach(w->before, 0) && w->groups && w->in.channels % w->groups == 0 &&
           w->out.channels % w->groups == 0 &&
           (uint64_t)w->size[0] * w->size[1] * (w->in.channels / w->groups) * w->out.channels <= SR_NETS_NUMBERS_MAX;
}

/* Where tap `tap` of the window for place `at` of the output lies in the input, along one axis; below 0 if outside. */
static int64_t slid(const struct sr_nets_sliding *w, int axis, uint32_t at, uint32_t tap) {
    const int64_t length = axis ? w->in.cols : w->in.rows;
    const int64_t place = (int64_t)at * w->stride[axis] + (int64_t)tap * w->dilation[axis] - w->before[axis];
    return place < length ? place : -1;
}

/* As slid(), for a transposed convolution: the place in the input whose window has its tap `tap` at `at`; or -1. */
static int64_t slid_back(const struct sr_nets_sliding *w, int axis, uint32_t at, uint32_t tap) {
    const int64_t length = axis ? w->in.cols : w->in.rows;
    const int64_t place = (int64_t)at + w->before[axis] - (int64_t)tap * w->dilation[axis];
    return place >= 0 && place % w->stride[axis] == 0 && place / w->stride[axis] < length ? place / w->stride[axis]
                                                                                          : -1;
}

/* out[o] += x[c] * weights[c][o] within each group. Rows of weights lie `apart` numbers from each other: `by_group`, a
 * row has the outputs of all groups one after the other, else those of a single group. */
static void add_pixel(const struct sr_nets_sliding *w, const float *x, const float *weights, size_t apart, int by_group,
                      float *restrict out) {
    const size_t channels = w->in.channels / w->groups, outputs = w->out.channels / w->groups;
    for (size_t group = 0; group < w->groups; group++)
        for (size_t c = 0; c < channels; c++) {
            const float *row = weights + (by_group ? c * apart + group * outputs : (group * channels + c) * apart);
            const float number = x[group * channels + c];
            float *sums = out + group * outputs;
            for (size_t o = 0; o < outputs; o++) sums[o] += number * row[o];
        }
}

typedef int64_t (*place_of)(const struct sr_nets_sliding *w, int axis, uint32_t at, uint32_t tap);

static void add_windows(const struct sr_nets_sliding *w, place_of place, const float *weights, int by_group,
                        const float *bias, const float *in, float *out) {
    const size_t apart = by_group ? w->out.channels : w->out.channels / w->groups;
    const size_t tap_size = apart * (by_group ? w->in.channels / w->groups : w->in.channels);
    for (uint32_t row = 0; row < w->out.rows; row++)
        for (uint32_t col = 0; col < w->out.cols; col++, out += w->out.channels) {
            memcpy(out, bias, w->out.channels * sizeof *out);
            for (uint32_t i = 0; i < w->size[0]; i++) {
                const int64_t y = place(w, 0, row, i);
                for (uint32_t j = 0; y >= 0 && j < w->size[1]; j++) {
                    const int64_t x = place(w, 1, col, j);
                    if (x < 0) continue;
                    const float *pixel = in + ((size_t)y * w->in.cols + (size_t)x) * w->in.channels;
                    add_pixel(w, pixel, weights + ((size_t)i * w->size[1] + j) * tap_size, apart, by_group, out);
                }
            }
        }
}

int sr_nets_convolve_any(const struct sr_nets_sliding *w, const float *weights, const float *bias, const float *in,
                         float *out) {
    if (!is_sliding(w)) return SR_BAD_ARGUMENT;
    add_windows(w, slid, weights, 1, bias, in, out);
    return SR_OK;
}

int sr_nets_transpose_any(const struct sr_nets_sliding *w, const float *weights, const float *bias, const float *in,
                          float *out) {
    if (!is_sliding(w)) return SR_BAD_ARGUMENT;
    add_windows(w, slid_back, weights, 0, bias, in, out);
    return SR_OK;
}

/* The largest number or the sum of the window's pixels inside the image, by channel; returns how many there are. */
static size_t pool_pixel(const struct sr_nets_sliding *w, uint32_t row, uint32_t col, int largest, const float *in,
                         float *restrict out) {
    const size_t channels = w->in.channels;
    size_t inside = 0;
    for (size_t c = 0; c < channels; c++) out[c] = largest ? -INFINITY : 0;
    for (uint32_t i = 0; i < w->size[0]; i++) {
        const int64_t y = slid(w, 0, row, i);
        for (uint32_t j = 0; y >= 0 && j < w->size[1]; j++) {
            const int64_t x = slid(w, 1, col, j);
            if (x < 0) continue;
            const float *pixel = in + ((size_t)y * w->in.cols + (size_t)x) * channels;
            if (largest)
                for (size_t c = 0; c < channels; c++) out[c] = pixel[c] > out[c] ? pixel[c] : out[c];
            else
                for (size_t c = 0; c < channels; c++) out[c] += pixel[c];
            inside++;
        }
    }
    return inside;
}

int sr_nets_pool_any(const struct sr_nets_sliding *w, uint32_t pooling, const float *in, float *out) {
    if (!is_sliding(w) || pooling >= SR_NETS_POOLINGS || w->in.channels != w->out.channels) return SR_BAD_ARGUMENT;
    for (uint32_t row = 0; row < w->out.rows; row++)
        for (uint32_t col = 0; col < w->out.cols; col++, out += w->in.channels) {
            const size_t inside = pool_pixel(w, row, col, pooling == SR_NETS_LARGEST, in, out);
            if (!inside) return SR_BAD_ARGUMENT;
            if (pooling == SR_NETS_LARGEST) continue;
            const float count = (float)(pooling == SR_NETS_MEAN_INSIDE ? inside : (size_t)w->size[0] * w->size[1]);
            for (size_t c = 0; c < w->in.channels; c++) out[c] /= count;
        }
    return SR_OK;
}
