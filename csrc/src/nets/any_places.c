/* Layers that move numbers: resizing, padding, slicing. */
#include "nets/any.h"

/* The place in the input that pixel number `at` of the output shows, along one axis. */
static float origin(uint32_t centres, uint32_t at, float scale, uint32_t made, uint32_t given) {
    switch (centres) {
    case SR_NETS_HALF_OR_0: return made > 1 ? ((float)at + 0.5F) / scale - 0.5F : 0;
    case SR_NETS_CORNERS: return made > 1 ? (float)at * (float)(given - 1) / (float)(made - 1) : 0;
    case SR_NETS_FIRST: return (float)at / scale;
    default: return ((float)at + 0.5F) / scale - 0.5F;
    }
}

/* The two places of the input that are blended, and their shares. The last place has none behind it: it is blended with
 * itself, by halves. */
struct blend {
    size_t low, high;
    float near, far;
};

static size_t clamped(float place, uint32_t length) {
    return place > 0 ? place < (float)length ? (size_t)place : length - 1 : 0;
}

static struct blend blend_at(const struct sr_nets_resizing *r, int axis, uint32_t at) {
    const uint32_t given = axis ? r->in.cols : r->in.rows, made = axis ? r->out.cols : r->out.rows;
    float place = origin(r->centres, at, r->scale[axis], made, given);
    if (r->between == SR_NETS_LINEAR_BETWEEN) {
        place = place > 0 ? place : 0;
        place = place < (float)(given - 1) ? place : (float)(given - 1);
        const size_t low = (size_t)place;
        if (low + 1 >= given) return (struct blend){low, low, 0.5F, 0.5F};
        return (struct blend){low, low + 1, (float)(low + 1) - place, place - (float)low};
    }
    const float whole = floorf(place);
    float near = r->between == SR_NETS_FLOOR ? whole : r->between == SR_NETS_CEIL ? ceilf(place) : floorf(place + 0.5F);
    if (r->between == SR_NETS_NEAREST_BEFORE && place == whole + 0.5F) near = whole;
    const size_t index = clamped(near, given);
    return (struct blend){index, index, 1, 0};
}

int sr_nets_resize(const struct sr_nets_resizing *r, const float *in, float *out) {
    const int known =
        r->centres < SR_NETS_CENTRES && r->between < SR_NETS_BETWEENS && r->scale[0] > 0 && r->scale[1] > 0;
    if (!known || !is_shape(&r->in) || !is_shape(&r->out) || r->in.channels != r->out.channels) return SR_BAD_ARGUMENT;
    const size_t channels = r->in.channels;
    for (uint32_t row = 0; row < r->out.rows; row++) {
        const struct blend y = blend_at(r, 0, row);
        const float *above = in + y.low * r->in.cols * channels, *below = in + y.high * r->in.cols * channels;
        for (uint32_t col = 0; col < r->out.cols; col++, out += channels) {
            const struct blend x = blend_at(r, 1, col);
            const float *a = above + x.low * channels, *b = above + x.high * channels;
            const float *c = below + x.low * channels, *d = below + x.high * channels;
            if (r->between != SR_NETS_LINEAR_BETWEEN) {
                memcpy(out, a, channels * sizeof *out);
                continue;
            }
            for (size_t i = 0; i < channels; i++)
                out[i] = x.near * y.near * a[i] + x.far * y.near * b[i] + x.near * y.far * c[i] + x.far * y.far * d[i];
        }
    }
    return SR_OK;
}

/* The place in the input that place `at` of the padded image shows, along one axis; -1 for the constant. */
static int64_t framed(uint32_t at, uint32_t before, uint32_t length, uint32_t framing) {
    int64_t place = (int64_t)at - before;
    if (place >= 0 && place < length) return place;
    if (framing == SR_NETS_CONSTANT) return -1;
    if (framing == SR_NETS_EDGE) return place < 0 ? 0 : length - 1;
    return place < 0 ? -place : 2 * (int64_t)(length - 1) - place;
}

/* Whether a side can be padded so: the mirror shows no more than the image has. */
static int can_frame(uint32_t length, uint32_t before, uint32_t made, uint32_t framing) {
    const uint64_t without_end = (uint64_t)before + length;
    return without_end <= made && (framing != SR_NETS_MIRROR || (before < length && made - without_end < length));
}

int sr_nets_pad(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *before,
                const struct sr_nets_shape *out_shape, uint32_t framing, float value, float *out) {
    if (!is_shape(shape) || !is_shape(out_shape) || framing >= SR_NETS_FRAMINGS ||
        !can_frame(shape->rows, before->rows, out_shape->rows, framing) ||
        !can_frame(shape->cols, before->cols, out_shape->cols, framing) ||
        !can_frame(shape->channels, before->channels, out_shape->channels, framing))
        return SR_BAD_ARGUMENT;
    for (uint32_t row = 0; row < out_shape->rows; row++)
        for (uint32_t col = 0; col < out_shape->cols; col++)
            for (uint32_t c = 0; c < out_shape->channels; c++) {
                const int64_t y = framed(row, before->rows, shape->rows, framing),
                              x = framed(col, before->cols, shape->cols, framing);
                const int64_t z = framed(c, before->channels, shape->channels, framing);
                const int inside = y >= 0 && x >= 0 && z >= 0;
                *out++ = inside ? in[((size_t)y * shape->cols + (size_t)x) * shape->channels + (size_t)z] : value;
            }
    return SR_OK;
}

static int can_cut(uint32_t length, uint32_t start, uint32_t step, uint32_t made) {
    return step && start + (uint64_t)(made - 1) * step < length;
}

int sr_nets_cut(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *start,
                const struct sr_nets_shape *step, const struct sr_nets_shape *out_shape, float *out) {
    if (!is_shape(shape) || !is_shape(out_shape) || !can_cut(shape->rows, start->rows, step->rows, out_shape->rows) ||
        !can_cut(shape->cols, start->cols, step->cols, out_shape->cols) ||
        !can_cut(shape->channels, start->channels, step->channels, out_shape->channels))
        return SR_BAD_ARGUMENT;
    for (size_t row = 0; row < out_shape->rows; row++)
        for (size_t col = 0; col < out_shape->cols; col++) {
            const size_t y = start->rows + row * step->rows, x = start->cols + col * step->cols;
            const float *from = in + (y * shape->cols + x) * shape->channels + start->channels;
            for (size_t c = 0; c < out_shape->channels; c++) *out++ = from[c * step->channels];
        }
    return SR_OK;
}

int sr_nets_place(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *at,
                  const struct sr_nets_shape *out_shape, float *out) {
    if (!is_shape(shape) || !is_shape(out_shape) || (uint64_t)at->rows + shape->rows > out_shape->rows ||
        (uint64_t)at->cols + shape->cols > out_shape->cols ||
        (uint64_t)at->channels + shape->channels > out_shape->channels)
        return SR_BAD_ARGUMENT;
    for (size_t row = 0; row < shape->rows; row++)
        for (size_t col = 0; col < shape->cols; col++, in += shape->channels)
            memcpy(out + ((at->rows + row) * out_shape->cols + at->cols + col) * out_shape->channels + at->channels, in,
                   shape->channels * sizeof *in);
    return SR_OK;
}
