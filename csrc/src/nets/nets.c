#include "nets/ops.h"

static const struct nets_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &nets_portable,
                                                         SR_ON_X86([SR_AVX2] = &nets_avx2, [SR_AVX512] = &nets_avx512)
                                                             SR_ON_ARM([SR_NEON] = &nets_neon)};

const struct nets_ops *nets_picked(void) { return SR_PICK(TABLES); }

enum { WINDOW_MAX = 16 };

static int is_image(uint64_t rows, uint64_t cols, uint64_t channels) {
    return rows && rows <= SR_NETS_SIDE_MAX && cols && cols <= SR_NETS_SIDE_MAX && channels &&
           channels <= SR_NETS_CHANNELS_MAX && rows * cols * channels <= SR_NETS_NUMBERS_MAX;
}

int sr_nets_output(const struct sr_nets_window *w, uint32_t *rows, uint32_t *cols) {
    const uint32_t size = w->size;
    if (!is_image(w->rows, w->cols, w->channels) || !size || size > WINDOW_MAX || !w->stride ||
        w->stride > WINDOW_MAX || w->top >= size || w->left >= size || w->bottom >= size || w->right >= size ||
        w->rows + w->top + w->bottom < size || w->cols + w->left + w->right < size)
        return SR_BAD_ARGUMENT;
    *rows = (w->rows + w->top + w->bottom - size) / w->stride + 1;
    *cols = (w->cols + w->left + w->right - size) / w->stride + 1;
    return is_image(*rows, *cols, w->outputs) ? SR_OK : SR_BAD_ARGUMENT;
}

/* Whether this is a layer that makes each channel of the output from the same one of the input. */
static int keeps_channels(const struct sr_nets_window *w) {
    uint32_t rows, cols;
    return sr_nets_output(w, &rows, &cols) == SR_OK && w->outputs == w->channels && w->activation < SR_NETS_ACTIVATIONS;
}

uint32_t sr_nets_sum(const float *numbers, size_t count) { return nets_picked()->sum(numbers, count); }

int sr_nets_depthwise(const struct sr_nets_window *window, const float *weights, const float *bias, const float *in,
                      float *out) {
    if (!keeps_channels(window)) return SR_BAD_ARGUMENT;
    nets_picked()->depthwise(window, weights, bias, in, out);
    return SR_OK;
}

int sr_nets_max_pool(const struct sr_nets_window *window, const float *in, float *out) {
    if (!keeps_channels(window) || window->activation) return SR_BAD_ARGUMENT;
    nets_picked()->max_pool(window, in, out);
    return SR_OK;
}

int sr_nets_average_pool(const struct sr_nets_window *window, const float *in, float *out) {
    if (!keeps_channels(window) || window->activation) return SR_BAD_ARGUMENT;
    nets_picked()->average_pool(window, in, out);
    return SR_OK;
}

int sr_nets_mean(const float *in, size_t pixels, uint32_t channels, float *out) {
    enum { LANES = 16, BLOCK = 64 };
    if (!pixels || !channels || channels > SR_NETS_CHANNELS_MAX) return SR_BAD_ARGUMENT;
    for (size_t c = 0; c < channels; c += LANES) {
        const size_t lanes = channels - c < LANES ? channels - c : LANES;
        double sum[LANES] = {0};
        for (size_t p = 0; p < pixels;) {
            float part[LANES] = {0};
            for (const size_t end = pixels - p < BLOCK ? pixels : p + BLOCK; p < end; p++)
                for (size_t i = 0; i < lanes; i++) part[i] += in[p * channels + c + i];
            for (size_t i = 0; i < lanes; i++) sum[i] += (double)part[i];
        }
        for (size_t i = 0; i < lanes; i++) out[c + i] = (float)(sum[i] / (double)pixels);
    }
    return SR_OK;
}

int sr_nets_upsample_nearest(const float *in, uint32_t rows, uint32_t cols, uint32_t channels, uint32_t factor,
                             float *out) {
    if (!factor || factor > WINDOW_MAX || !is_image(rows, cols, channels) ||
        !is_image((uint64_t)rows * factor, (uint64_t)cols * factor, channels))
        return SR_BAD_ARGUMENT;
    const size_t row_size = (size_t)cols * factor * channels;
    for (size_t row = 0; row < rows; row++, out += factor * row_size) {
        float *to = out;
        for (size_t col = 0; col < cols; col++, in += channels)
            for (uint32_t i = 0; i < factor; i++, to += channels) memcpy(to, in, channels * sizeof *to);
        for (uint32_t i = 1; i < factor; i++) memcpy(out + i * row_size, out, row_size * sizeof *out);
    }
    return SR_OK;
}

/* Along one axis, a pixel of the output lies between two of the input: the nearer one, and the other one. */
static size_t nearer(size_t at) { return at / 2; }
static size_t other(size_t at, size_t length) {
    const size_t next = at / 2 + (at % 2 ? 1 : -(size_t)1);
    return next < length ? next : at / 2; /* beyond the edge the outermost pixel is repeated */
}

int sr_nets_upsample_bilinear2(const float *in, uint32_t rows, uint32_t cols, uint32_t channels, float *out) {
    if (!is_image(rows, cols, channels) || !is_image(2ULL * rows, 2ULL * cols, channels)) return SR_BAD_ARGUMENT;
    const struct nets_ops *ops = nets_picked();
    for (size_t row = 0; row < 2 * (size_t)rows; row++) {
        const float *near = in + nearer(row) * cols * channels, *far = in + other(row, rows) * cols * channels;
        for (size_t col = 0; col < 2 * (size_t)cols; col++, out += channels) {
            const size_t here = nearer(col) * channels, beside = other(col, cols) * channels;
            ops->blend(near + here, near + beside, far + here, far + beside, channels, out);
        }
    }
    return SR_OK;
}

int sr_nets_concat(const float *in, size_t pixels, uint32_t channels, float *out, uint32_t out_channels, uint32_t at) {
    if (at > out_channels || channels > out_channels - at) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < pixels; i++) memcpy(out + i * out_channels + at, in + i * channels, channels * sizeof *out);
    return SR_OK;
}

int sr_nets_add(const float *a, const float *b, size_t count, uint32_t activation, float *out) {
    if (activation >= SR_NETS_ACTIVATIONS) return SR_BAD_ARGUMENT;
    nets_picked()->add(a, b, count, activation, out);
    return SR_OK;
}

int sr_nets_activate(const float *in, size_t count, uint32_t activation, float *out) {
    if (activation >= SR_NETS_ACTIVATIONS) return SR_BAD_ARGUMENT;
    nets_picked()->activate(in, count, activation, out);
    return SR_OK;
}

int sr_nets_argmax(const float *in, size_t pixels, uint32_t channels, uint8_t *out) {
    if (!channels || channels > 256) return SR_BAD_ARGUMENT;
    nets_picked()->argmax(in, pixels, channels, out);
    return SR_OK;
}
