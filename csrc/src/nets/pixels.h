/* Layers that treat each channel by itself. */

/* The pixels of the image that a window covers. */
struct cover {
    size_t row, col;             /* the first of them, in the image */
    size_t rows, cols;           /* how many there are */
    size_t place_row, place_col; /* where the window has the first of them */
};

INLINE size_t cut(size_t at, size_t stride, size_t before, size_t size, size_t length, size_t *first, size_t *place) {
    const size_t start = at * stride, end = start + size < length + before ? start + size : length + before;
    *place = start < before ? before - start : 0;
    *first = start + *place - before;
    return end > start + *place ? end - start - *place : 0;
}

INLINE struct cover cover_of(const struct sr_nets_window *w, size_t row, size_t col) {
    struct cover c;
    c.rows = cut(row, w->stride, w->top, w->size, w->rows, &c.row, &c.place_row);
    c.cols = cut(col, w->stride, w->left, w->size, w->cols, &c.col, &c.place_col);
    return c;
}

/* Runs `...` for each pixel of the output, which `out` points to, with its cover `c`. */
#define EACH_PIXEL(window, c, out, ...)                                                                                \
    do {                                                                                                               \
        uint32_t out_rows, out_cols;                                                                                   \
        sr_nets_output(window, &out_rows, &out_cols);                                                                  \
        for (size_t row = 0; row < out_rows; row++)                                                                    \
            for (size_t col = 0; col < out_cols; col++, out += (window)->channels) {                                   \
                const struct cover c = cover_of(window, row, col);                                                     \
                __VA_ARGS__                                                                                            \
            }                                                                                                          \
    } while (0)

/* Runs `...` for each pixel `x` of a cover; `place` is its number in the window. */
#define EACH_COVERED(w, c, in, x, place, ...)                                                                          \
    for (size_t down = 0; down < (c).rows; down++)                                                                     \
        for (size_t right = 0; right < (c).cols; right++) {                                                            \
            const float *x = (in) + (((c).row + down) * (w)->cols + (c).col + right) * (size_t)(w)->channels;          \
            const size_t place = ((c).place_row + down) * (w)->size + (c).place_col + right;                           \
            (void)place;                                                                                               \
            __VA_ARGS__                                                                                                \
        }

static void depthwise(const struct sr_nets_window *window, const float *weights, const float *bias, const float *in,
                      float *restrict out) {
    const size_t channels = window->channels;
    EACH_PIXEL(window, c, out, {
        size_t i = 0;
        for (; i + LANES <= channels; i += LANES) {
            vec sum = load(bias + i);
            EACH_COVERED(window, c, in, x, place,
                         { sum = multiply_add(load(x + i), load(weights + place * channels + i), sum); })
            *(loose *)(out + i) = sum;
        }
        for (; i < channels; i++) {
            float sum = bias[i];
            EACH_COVERED(window, c, in, x, place, { sum = fused(x[i], weights[place * channels + i], sum); })
            out[i] = sum;
        }
        activate(out, channels, window->activation, out);
    });
}

static void max_pool(const struct sr_nets_window *window, const float *in, float *restrict out) {
    const size_t channels = window->channels;
    EACH_PIXEL(window, c, out, {
        for (size_t i = 0; i < channels; i++) out[i] = -__builtin_inff();
        EACH_COVERED(window, c, in, x, place, {
            for (size_t i = 0; i < channels; i++) out[i] = x[i] > out[i] ? x[i] : out[i];
        })
    });
}

static void average_pool(const struct sr_nets_window *window, const float *in, float *restrict out) {
    const size_t channels = window->channels;
    EACH_PIXEL(window, c, out, {
        const float pixels = (float)(c.rows * c.cols);
        memset(out, 0, channels * sizeof *out);
        EACH_COVERED(window, c, in, x, place, {
            for (size_t i = 0; i < channels; i++) out[i] += x[i];
        })
        for (size_t i = 0; i < channels; i++) out[i] /= pixels;
    });
}

/* Bilinear interpolation between four pixels: 9/16 of the nearest, 3/16 of each beside it, 1/16 of the one across. */
static void blend(const float *near, const float *beside, const float *below, const float *across, size_t count,
                  float *restrict out) {
    for (size_t i = 0; i < count; i++)
        out[i] = 0.75F * (0.75F * near[i] + 0.25F * beside[i]) + 0.25F * (0.75F * below[i] + 0.25F * across[i]);
}

static void argmax(const float *in, size_t pixels, size_t channels, uint8_t *restrict out) {
    for (size_t p = 0; p < pixels; p++, in += channels) {
        size_t best = 0;
        for (size_t i = 1; i < channels; i++) best = in[i] > in[best] ? i : best;
        out[p] = (uint8_t)best;
    }
}
