#include "nets/tiles.h"
#include <math.h>

/* Packed weights begin with this. Behind it come the weights, indexed by
 *     [groups of outputs][chunks of channels][taps][channels][NETS_WIDTH]
 * and the bias. */
struct packed {
    double bias_sum, bias_magnitude; /* of all outputs */
    /* [taps][channels] sums of weights over all outputs, then [channels] sums of magnitudes over all taps and
     * outputs. */
    double sums[];
};

static size_t sums_size(const struct plan *p) { return (p->taps + 1) * p->channels; }

static const float *weights_of(const struct packed *packed, const struct plan *p) {
    return (const float *)(packed->sums + sums_size(p));
}

size_t sr_nets_packed(const struct sr_nets_window *w) {
    if (!is_convolution(w)) return 0;
    const struct plan p = plan_of(w);
    return sizeof(struct packed) + sums_size(&p) * sizeof(double) +
           (weights_size(&p) + p.groups * NETS_WIDTH) * sizeof(float);
}

/* Pack the weights of one tap and channel, and add them to the sums for the check. */
static void pack_row(struct packed *packed, const struct plan *p, const float *row, size_t tap, size_t channel,
                     size_t outputs) {
    float *to = (float *)weights_of(packed, p);
    const size_t chunk = channel / NETS_CHUNK * NETS_CHUNK, width = least(p->channels - chunk, NETS_CHUNK);
    double sum = 0, magnitudes = 0;
    for (size_t i = 0; i < outputs; i++) {
        const size_t group = i / NETS_WIDTH * p->taps * p->channels;
        to[(group + p->taps * chunk + tap * width + channel - chunk) * NETS_WIDTH + i % NETS_WIDTH] = row[i];
        sum += (double)row[i], magnitudes += fabs((double)row[i]);
    }
    packed->sums[tap * p->channels + channel] = sum, packed->sums[p->taps * p->channels + channel] += magnitudes;
}

int sr_nets_pack(const struct sr_nets_window *w, const float *weights, const float *bias, void *packed,
                 size_t packed_size) {
    if (!is_convolution(w)) return SR_BAD_ARGUMENT;
    if (packed_size < sr_nets_packed(w)) return SR_TOO_SMALL;
    const struct plan p = plan_of(w);
    struct packed *to = packed;
    memset(packed, 0, sr_nets_packed(w));
    for (size_t tap = 0; tap < p.taps; tap++)
        for (size_t c = 0; c < p.channels; c++)
            pack_row(to, &p, weights + (tap * p.channels + c) * w->outputs, tap, c, w->outputs);
    memcpy((float *)weights_of(to, &p) + weights_size(&p), bias, w->outputs * sizeof *bias);
    for (size_t i = 0; i < w->outputs; i++)
        to->bias_sum += (double)bias[i], to->bias_magnitude += fabs((double)bias[i]);
    return SR_OK;
}

size_t sr_nets_scratch(const struct sr_nets_window *w) {
    if (!is_convolution(w)) return 0;
    const struct plan p = plan_of(w);
    return sizeof(double) * (1 + (p.taps + w->size) * p.channels) +
           sizeof(float) * (window_size(&p) + tile_size(&p) + (w->size + 1) * p.channels);
}

/* Copy a row of a window: `cols` pixels from column `col - left` of the image on, zeros where it has none. `row` is
 * NULL above and below the image. */
static void copy_row(const struct sr_nets_window *w, const float *row, size_t col, size_t cols, float *to) {
    const size_t channels = w->channels, zeros = least(cols, col < w->left ? w->left - col : 0);
    const size_t first = col + zeros - w->left,
                 inside = row && first < w->cols ? least(cols - zeros, w->cols - first) : 0;
    memset(to, 0, zeros * channels * sizeof *to);
    if (inside) memcpy(to + zeros * channels, row + first * channels, inside * channels * sizeof *to);
    memset(to + (zeros + inside) * channels, 0, (cols - zeros - inside) * channels * sizeof *to);
}

static void copy_window(const struct sr_nets_window *w, const float *in, const struct tile *t, float *to) {
    const size_t cols = window_of(t->cols, w), rows = window_of(t->rows, w);
    for (size_t i = 0; i < rows; i++) {
        const size_t row = t->row * w->stride + i;
        const int inside = row >= w->top && row < w->top + (size_t)w->rows;
        const float *from = inside ? in + (row - w->top) * w->cols * w->channels : NULL;
        copy_row(w, from, t->col * w->stride, cols, to + i * cols * w->channels);
    }
}

/* Set `view` to the window of a tile: in the image itself; or in a copy, where it reaches outside, or where fewer than
 * NETS_SLACK numbers of the image lie behind it. */
static void view_window(const struct sr_nets_window *w, const float *in, const struct tile *t, struct work *work) {
    const size_t row = t->row * w->stride, col = t->col * w->stride, image_row = (size_t)w->cols * w->channels;
    const size_t end = row + window_of(t->rows, w) - w->top, right = col + window_of(t->cols, w) - w->left;
    const int inside = row >= w->top && col >= w->left && end <= w->rows && right <= w->cols;
    if (inside && (w->rows - end) * image_row + (w->cols - right) * w->channels >= NETS_SLACK) {
        work->view = in + (row - w->top) * image_row + (col - w->left) * w->channels, work->below = image_row;
        return;
    }
    copy_window(w, in, t, work->window);
    work->view = work->window, work->below = window_of(t->cols, w) * w->channels;
}

/* Add the sums of one row of the window to those of all rows of taps that slide over it. */
static void add_to_places(const struct nets_ops *ops, const struct sr_nets_window *w, const struct tile *t, size_t row,
                          size_t width, const struct work *work) {
    for (size_t place = 0; place < w->size && place <= row; place++)
        if ((row - place) % w->stride == 0 && (row - place) / w->stride < t->rows)
            ops->gather(work->row, width, work->places + place * width);
}

/* The sum of all pixels that each tap meets in this tile, channel by channel; and of the magnitudes of each channel.
 * Rows of the window that all rows of taps slide over are added up once. */
static void sum_window(const struct nets_ops *ops, const struct sr_nets_window *w, const struct plan *p,
                       const struct tile *t, const struct work *work) {
    const size_t cols = window_of(t->cols, w), width = w->size * p->channels;
    memset(work->places, 0, (p->taps + w->size) * p->channels * sizeof(double));
    memset(work->sizes, 0, p->channels * sizeof(float));
    for (size_t row = 0; row < window_of(t->rows, w); row++) {
        const float *from = work->view + row * work->below;
        ops->add_row(from, t->cols, w->stride, p->channels, w->size, work->row);
        ops->add_sizes(from, cols, p->channels, work->sizes);
        if (w->stride == 1 && row + 1 >= w->size && row < t->rows) ops->gather(work->row, width, work->common);
        else add_to_places(ops, w, t, row, width, work);
    }
    for (size_t place = 0; place < w->size; place++)
        for (size_t i = 0; i < width; i++) work->places[place * width + i] += work->common[i];
}

/* Rounding can move the sum of a tile by ROUNDING times the sum of the magnitudes of all products and biases: up to four roundings of
 * 2^-24 each in the sums of the window's rows and of the tile's, which all go the same way in flat parts of images, and
 * those of the products, which go either way. */
static const double ROUNDING = 0x1p-21;

/* Compare the sum of a tile with what is predicted. Returns 0 where they are too far apart. */
static int agrees(const struct nets_ops *ops, const struct packed *packed, const struct plan *p, const struct tile *t,
                  const struct work *work, double total, struct sr_nets_check *check) {
    const double pixels = (double)(t->rows * t->cols), *magnitudes = packed->sums + p->taps * p->channels;
    const double predicted = ops->dot(packed->sums, work->places, p->taps * p->channels) + pixels * packed->bias_sum;
    const double size = ops->dot_sizes(magnitudes, work->sizes, p->channels) + pixels * packed->bias_magnitude + 1e-30;
    const double off = fabs(total - predicted), tolerance = ROUNDING * size;
    const int right = off <= tolerance; /* 0 where `off` is NaN */
    if (!right || off * check->tolerance >= check->off * tolerance) check->off = off, check->tolerance = tolerance;
    if (right) return 1;
    check->row = (uint32_t)t->row, check->col = (uint32_t)t->col;
    check->rows = (uint32_t)t->rows, check->cols = (uint32_t)t->cols;
    return 0;
}

/* The sum of all outputs of a tile; columns from `outputs` on hold anything. */
static double sum_of(const struct nets_ops *ops, const struct tile *t, size_t outputs, const struct work *work) {
    double totals[NETS_WIDTH] = {0}, sum = 0;
    for (size_t row = 0; row < t->rows; row++) ops->total(work->sums + row * t->cols * NETS_WIDTH, t->cols, totals);
    for (size_t i = 0; i < outputs; i++) sum += totals[i];
    return sum;
}

static int convolve_tile(const struct nets_ops *ops, const struct sr_nets_window *w, const struct plan *p,
                         const struct packed *packed, const float *in, const struct tile *t, struct work *work,
                         float *out, struct sr_nets_check *check) {
    const float *weights = weights_of(packed, p), *bias = weights + weights_size(p);
    double total = 0;
    view_window(w, in, t, work);
    for (size_t group = 0; group < p->groups; group++) {
        const size_t at = group * NETS_WIDTH, outputs = least(NETS_WIDTH, w->outputs - at);
        add_group(ops->add_up, w, p, t, weights + p->taps * p->channels * at, bias + at, outputs, work);
        if (check) total += sum_of(ops, t, outputs, work);
        for (size_t row = 0; row < t->rows; row++)
            ops->finish(work->sums + row * t->cols * NETS_WIDTH, t->cols, outputs, w->activation,
                        out + ((t->row + row) * p->cols + t->col) * w->outputs + at, w->outputs);
    }
    if (!check) return 1;
    sum_window(ops, w, p, t, work);
    return agrees(ops, packed, p, t, work, total, check);
}

/* The end, in rows of the input, of the band that tile row number `down` reads first: the input is summed band by band,
 * just before its pixels are used. */
static size_t band_end(const struct sr_nets_window *w, const struct plan *p, size_t down) {
    return down + 1 == p->tiles_down ? w->rows : least(w->rows, (down + 1) * p->tile_rows * w->stride);
}

static int convolve(const struct sr_nets_window *w, const struct plan *p, const struct packed *packed, const float *in,
                    float *out, struct work *work, struct sr_nets_check *check) {
    const struct nets_ops *ops = nets_picked();
    const size_t in_row = (size_t)w->cols * w->channels, out_row = (size_t)p->cols * w->outputs;
    uint32_t input_sum = 0;
    for (size_t down = 0, from = 0; down < p->tiles_down; down++) {
        const size_t to = band_end(w, p, down), row = down * p->tile_rows;
        if (check) input_sum += ops->sum(in + from * in_row, (to - from) * in_row);
        for (size_t across = 0; across < p->tiles_across; across++) {
            const struct tile t = tile_at(p, down, across);
            if (!convolve_tile(ops, w, p, packed, in, &t, work, out, check)) return SR_CORRUPT;
        }
        if (check) check->output_sum += ops->sum(out + row * out_row, least(p->tile_rows, p->rows - row) * out_row);
        from = to;
    }
    return !check || input_sum == check->input_sum ? SR_OK : SR_CORRUPT;
}

int sr_nets_conv(const struct sr_nets_window *window, const void *packed, const float *in, float *out, void *scratch,
                 size_t scratch_size, struct sr_nets_check *check) {
    if (!is_convolution(window)) return SR_BAD_ARGUMENT;
    if (scratch_size < sr_nets_scratch(window)) return SR_TOO_SMALL;
    const struct plan p = plan_of(window);
    struct work work = work_in(scratch, &p, window->size);
    if (check) *check = (struct sr_nets_check){.input_sum = check->input_sum};
    return convolve(window, &p, packed, in, out, &work, check);
}
