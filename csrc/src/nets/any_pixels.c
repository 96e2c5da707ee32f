/* Layers that treat each number or each pixel by itself. */
#include "nets/any.h"
#include <math.h>

static uint32_t joint(uint32_t a, uint32_t b) { return a == b || b == 1 ? a : a == 1 ? b : 0; }

/* Combine the channels of one pixel. An operand that has a single channel has a step of 0: it is read again and
 * again. */
#define EACH(expression)                                                                                               \
    for (size_t i = 0; i < count; i++) {                                                                               \
        const float x = a[i * a_step], y = b[i * b_step];                                                              \
        out[i] = expression;                                                                                           \
    }                                                                                                                  \
    break

static inline void combine_row(uint32_t operation, const float *a, size_t a_step, const float *b, size_t b_step,
                               size_t count, float *restrict out) {
    switch (operation) {
    case SR_NETS_ADD: EACH(x + y);
    case SR_NETS_SUBTRACT: EACH(x - y);
    case SR_NETS_MULTIPLY: EACH(x * y);
    case SR_NETS_DIVIDE: EACH(x / y);
    case SR_NETS_MAXIMUM: EACH(x > y || isnan(x) ? x : y);
    case SR_NETS_MINIMUM: EACH(x < y || isnan(x) ? x : y);
    default: break;
    }
}

int sr_nets_combine(uint32_t operation, const float *a, const struct sr_nets_shape *a_shape, const float *b,
                    const struct sr_nets_shape *b_shape, float *out) {
    const struct sr_nets_shape made = {joint(a_shape->rows, b_shape->rows), joint(a_shape->cols, b_shape->cols),
                                       joint(a_shape->channels, b_shape->channels)};
    if (operation >= SR_NETS_OPERATIONS || !is_shape(a_shape) || !is_shape(b_shape) || !is_shape(&made))
        return SR_BAD_ARGUMENT;
    for (size_t row = 0; row < made.rows; row++)
        for (size_t col = 0; col < made.cols; col++, out += made.channels) {
            const float *x =
                a + ((a_shape->rows > 1 ? row : 0) * a_shape->cols + (a_shape->cols > 1 ? col : 0)) * a_shape->channels;
            const float *y =
                b + ((b_shape->rows > 1 ? row : 0) * b_shape->cols + (b_shape->cols > 1 ? col : 0)) * b_shape->channels;
            if (a_shape->channels == b_shape->channels) combine_row(operation, x, 1, y, 1, made.channels, out);
            else combine_row(operation, x, a_shape->channels > 1, y, b_shape->channels > 1, made.channels, out);
        }
    return SR_OK;
}
#undef EACH

static float within(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

#define EACH(expression)                                                                                               \
    for (size_t i = 0; i < count; i++) {                                                                               \
        const float x = in[i];                                                                                         \
        out[i] = expression;                                                                                           \
    }                                                                                                                  \
    return SR_OK

int sr_nets_apply(uint32_t function, float p, float q, const float *in, size_t count, float *out) {
    switch (function) {
    case SR_NETS_CLIP: EACH(within(x, p, q));
    case SR_NETS_LEAKY: EACH(x < 0 ? p * x : x);
    case SR_NETS_HARD_SIGMOID: EACH(within(p * x + q, 0, 1));
    case SR_NETS_HARD_SWISH: EACH(x * within(x * (1.0F / 6.0F) + 0.5F, 0, 1));
    case SR_NETS_TANH: EACH(tanhf(x));
    case SR_NETS_ELU: EACH(x < 0 ? p * expm1f(x) : x);
    case SR_NETS_EXP: EACH(expf(x));
    case SR_NETS_LOG: EACH(logf(x));
    case SR_NETS_SQRT: EACH(sqrtf(x));
    case SR_NETS_ABS: EACH(fabsf(x));
    case SR_NETS_ERF: EACH(erff(x));
    case SR_NETS_SOFTPLUS: EACH(x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)));
    default: return SR_BAD_ARGUMENT;
    }
}
#undef EACH

int sr_nets_scale(const float *in, size_t pixels, uint32_t channels, const float *factors, const float *shifts,
                  float *out) {
    if (!channels || channels > SR_NETS_CHANNELS_MAX) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < pixels; i++, in += channels, out += channels)
        for (size_t c = 0; c < channels; c++) out[c] = in[c] * factors[c] + shifts[c];
    return SR_OK;
}

int sr_nets_softmax(const float *in, size_t pixels, uint32_t channels, uint32_t logarithms, float *out) {
    if (!channels || channels > SR_NETS_CHANNELS_MAX || logarithms > 1) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < pixels; i++, in += channels, out += channels) {
        float most = in[0];
        double sum = 0;
        for (size_t c = 1; c < channels; c++) most = in[c] > most ? in[c] : most;
        for (size_t c = 0; c < channels; c++) {
            const float power = expf(in[c] - most);
            sum += (double)power, out[c] = logarithms ? in[c] - most : power;
        }
        const float whole = logarithms ? (float)log(sum) : (float)sum;
        for (size_t c = 0; c < channels; c++) out[c] = logarithms ? out[c] - whole : out[c] / whole;
    }
    return SR_OK;
}

/* One number of the output, from the numbers of the input at `in` and after it that `part` spans in each axis. */
static float reduced(uint32_t reduction, const float *in, const struct sr_nets_shape *whole,
                     const struct sr_nets_shape *part) {
    double sum = 0;
    float best = in[0];
    for (size_t row = 0; row < part->rows; row++)
        for (size_t col = 0; col < part->cols; col++)
            for (size_t c = 0; c < part->channels; c++) {
                const float x = in[(row * whole->cols + col) * whole->channels + c];
                sum += (double)x;
                if (reduction == SR_NETS_MAX ? x > best : x < best) best = x;
            }
    if (reduction == SR_NETS_MEAN) sum /= (double)numbers_of(part);
    return reduction == SR_NETS_SUM || reduction == SR_NETS_MEAN ? (float)sum : best;
}

int sr_nets_reduce(uint32_t reduction, uint32_t axes, const float *in, const struct sr_nets_shape *shape, float *out) {
    if (reduction >= SR_NETS_REDUCTIONS || axes > 7 || !is_shape(shape)) return SR_BAD_ARGUMENT;
    struct sr_nets_shape made = *shape, part = {1, 1, 1};
    if (axes & 1) made.rows = 1, part.rows = shape->rows;
    if (axes & 2) made.cols = 1, part.cols = shape->cols;
    if (axes & 4) made.channels = 1, part.channels = shape->channels;
    for (size_t row = 0; row < made.rows; row++)
        for (size_t col = 0; col < made.cols; col++)
            for (size_t c = 0; c < made.channels; c++)
                *out++ = reduced(reduction, in + (row * shape->cols + col) * shape->channels + c, shape, &part);
    return SR_OK;
}

int sr_nets_round(const struct sr_nets_rounding *r, const float *in, size_t count, float *out) {
    const int limits = -255 <= r->low && r->low <= r->high && r->high <= 255 && -255 <= r->zero && r->zero <= 255 &&
                       -255 <= r->back_zero && r->back_zero <= 255;
    if (!limits || !(r->step > 0) || !(r->back_step > 0)) return SR_BAD_ARGUMENT;
    const float low = (float)(r->low - r->zero), high = (float)(r->high - r->zero),
                shift = (float)(r->zero - r->back_zero);
    for (size_t i = 0; i < count; i++) {
        float q = in[i] / r->step;
        q = q > low ? q : low; /* also where q is NaN */
        q = q < high ? q : high;
        q = (q + 12582912.0F) - 12582912.0F; /* rounded to a whole number, halves to even */
        out[i] = (q + shift) * r->back_step;
    }
    return SR_OK;
}
