/* Layers of any geometry between unreadable pages, against their definitions and against the fast layers; what is
 * refused. */
#include "check.h"
#include "skyrack/nets.h"
#include "skyrack/nets_any.h"
#include <math.h>

static float number(uint64_t *state) { return (float)((int)(draw(state) >> 48) - 32768) / 16384; }

static float *numbers(size_t count, uint64_t *state) {
    float *made = (float *)guarded(count * sizeof *made);
    for (size_t i = 0; i < count; i++) made[i] = number(state);
    return made;
}
static void forget(void *array, size_t count) { release(array, count * sizeof(float)); }
static size_t count_of(struct sr_nets_shape s) { return (size_t)s.rows * s.cols * s.channels; }
static float at(const float *image, struct sr_nets_shape s, int64_t y, int64_t x, size_t c) {
    return y < 0 || x < 0 || y >= s.rows || x >= s.cols ? 0 : image[((size_t)y * s.cols + (size_t)x) * s.channels + c];
}

/* A number of the output of a convolution, or of a transposed one, by its definition. */
static double sum_at(const struct sr_nets_sliding *w, const float *weights, const float *in, int64_t row, int64_t col,
                     size_t output, int transposed) {
    const size_t channels = w->in.channels / w->groups, outputs = w->out.channels / w->groups, group = output / outputs;
    double sum = 0;
    for (int64_t i = 0; i < w->size[0]; i++)
        for (int64_t j = 0; j < w->size[1]; j++) {
            int64_t y = row * w->stride[0] + i * w->dilation[0] - w->before[0];
            int64_t x = col * w->stride[1] + j * w->dilation[1] - w->before[1];
            if (transposed) {
                y = row + w->before[0] - i * w->dilation[0], x = col + w->before[1] - j * w->dilation[1];
                if (y % w->stride[0] || x % w->stride[1]) continue;
                y /= w->stride[0], x /= w->stride[1];
            }
            const size_t tap = (size_t)(i * w->size[1] + j);
            for (size_t c = 0; c < channels; c++) {
                const size_t apart = transposed ? outputs : w->out.channels;
                const size_t line = transposed ? tap * w->in.channels + group * channels + c : tap * channels + c;
                sum += (double)at(in, w->in, y, x, group * channels + c) *
                       (double)weights[line * apart + (transposed ? output % outputs : output)];
            }
        }
    return sum;
}

static void slide(struct sr_nets_sliding w, int transposed, uint64_t *state) {
    const size_t in_size = count_of(w.in), out_size = count_of(w.out);
    const size_t weights_size = (size_t)w.size[0] * w.size[1] * w.in.channels * w.out.channels / w.groups;
    float *in = numbers(in_size, state), *weights = numbers(weights_size, state),
          *bias = numbers(w.out.channels, state);
    float *out = numbers(out_size, state);
    int status = transposed ? sr_nets_transpose_any(&w, weights, bias, in, out)
                            : sr_nets_convolve_any(&w, weights, bias, in, out);
    CHECK(status == SR_OK);
    for (size_t i = 0; i < out_size; i++) {
        const size_t pixel = i / w.out.channels, output = i % w.out.channels;
        double sum =
            sum_at(&w, weights, in, (int64_t)(pixel / w.out.cols), (int64_t)(pixel % w.out.cols), output, transposed);
        CHECK(fabs((double)out[i] - sum - (double)bias[output]) < 1e-4);
    }
    forget(in, in_size), forget(weights, weights_size), forget(bias, w.out.channels), forget(out, out_size);
}

static void pools(uint64_t *state) {
    const struct sr_nets_sliding w = {{5, 7, 3}, {3, 4, 3}, {3, 2}, {2, 2}, {1, 2}, {1, 1}, 1};
    const size_t in_size = count_of(w.in), out_size = count_of(w.out);
    float *in = numbers(in_size, state), *out = numbers(out_size, state);
    for (uint32_t pooling = 0; pooling < SR_NETS_POOLINGS; pooling++) {
        CHECK(sr_nets_pool_any(&w, pooling, in, out) == SR_OK);
        for (size_t i = 0; i < out_size; i++) {
            const int64_t row = (int64_t)(i / 12), col = (int64_t)(i / 3 % 4);
            double sum = 0, most = -9;
            int inside = 0;
            for (int64_t y = row * 2 - 1; y < row * 2 + 2; y++)
                for (int64_t x = col * 2 - 1; x < col * 2 + 3; x += 2)
                    if (y >= 0 && x >= 0 && y < 5 && x < 7) {
                        const double here = (double)at(in, w.in, y, x, i % 3);
                        sum += here, most = fmax(most, here), inside++;
                    }
            const double expected =
                pooling == SR_NETS_LARGEST ? most : sum / (pooling == SR_NETS_MEAN_ALL ? 6 : inside);
            CHECK(fabs((double)out[i] - expected) < 1e-6);
        }
    }
    struct sr_nets_sliding outside = w;
    outside.before[0] = 4;
    CHECK(sr_nets_pool_any(&outside, SR_NETS_LARGEST, in, out) == SR_BAD_ARGUMENT); /* a window without a pixel */
    forget(in, in_size), forget(out, out_size);
}

static void combinations(uint64_t *state) {
    const struct sr_nets_shape shapes[] = {{3, 4, 5}, {1, 1, 5}, {1, 1, 1}, {3, 4, 1}, {3, 1, 5}, {1, 4, 1}};
    for (size_t k = 0; k < 6; k++) {
        float *a = numbers(60, state), *b = numbers(count_of(shapes[k]), state), *out = numbers(60, state);
        for (uint32_t turned = 0; turned < 2; turned++)
            for (uint32_t operation = 0; operation < SR_NETS_OPERATIONS; operation++) {
                CHECK((turned ? sr_nets_combine(operation, b, shapes + k, a, shapes, out)
                              : sr_nets_combine(operation, a, shapes, b, shapes + k, out)) == SR_OK);
                for (size_t i = 0; i < 60; i++) {
                    const struct sr_nets_shape s = shapes[k];
                    const size_t y = s.rows > 1 ? i / 20 : 0, x = s.cols > 1 ? i / 5 % 4 : 0,
                                 c = s.channels > 1 ? i % 5 : 0;
                    const float other = b[(y * s.cols + x) * s.channels + c];
                    const float p = turned ? other : a[i], q = turned ? a[i] : other;
                    const float results[] = {p + q, p - q, p * q, p / q, fmaxf(p, q), fminf(p, q)};
                    CHECK(out[i] == results[operation]);
                }
            }
        forget(a, 60), forget(b, count_of(shapes[k])), forget(out, 60);
    }
    const struct sr_nets_shape other = {2, 4, 5};
    CHECK(sr_nets_combine(0, NULL, shapes, NULL, &other, NULL) == SR_BAD_ARGUMENT);
    CHECK(sr_nets_combine(SR_NETS_OPERATIONS, NULL, shapes, NULL, shapes, NULL) == SR_BAD_ARGUMENT);
}

static void functions(void) {
    const float in[] = {-3, -0.5F, 0, 0.5F, 3, 80};
    float out[6];
    for (uint32_t f = 0; f < SR_NETS_FUNCTIONS; f++) {
        CHECK(sr_nets_apply(f, 0.25F, 0.5F, in, 6, out) == SR_OK);
        for (int i = 0; i < 6; i++) {
            const double x = (double)in[i];
            const double results[] = {fmin(fmax(x, 0.25), 0.5),
                                      x < 0 ? x / 4 : x,
                                      fmin(fmax(x / 4 + 0.5, 0), 1),
                                      x * fmin(fmax(x / 6 + 0.5, 0), 1),
                                      tanh(x),
                                      x < 0 ? expm1(x) / 4 : x,
                                      exp(x),
                                      log(x),
                                      sqrt(x),
                                      fabs(x),
                                      erf(x),
                                      log1p(exp(x))};
            CHECK(isnan(results[f])
                      ? isnan(out[i])
                      : results[f] == (double)out[i] || fabs(results[f] - (double)out[i]) <= 1e-6 * fabs(results[f]));
        }
    }
    CHECK(sr_nets_apply(SR_NETS_FUNCTIONS, 0, 0, in, 6, out) == SR_BAD_ARGUMENT);
    const float factors[] = {2, 3}, shifts[] = {1, -1};
    CHECK(sr_nets_scale(in, 3, 2, factors, shifts, out) == SR_OK && out[0] == -5 && out[3] == 0.5F && out[5] == 239);
    CHECK(sr_nets_scale(in, 3, 0, factors, shifts, out) == SR_BAD_ARGUMENT);
    CHECK(sr_nets_softmax(in, 2, 3, 0, out) == SR_OK && fabsf(out[3] + out[4] + out[5] - 1) < 1e-6F && out[5] == 1);
    CHECK(sr_nets_softmax(in, 2, 3, 1, out) == SR_OK && out[5] == 0 && fabsf(out[4] + 77) < 1e-5F);
    CHECK(sr_nets_softmax(in, 2, 3, 2, out) == SR_BAD_ARGUMENT);
}

static void reductions(uint64_t *state) {
    const struct sr_nets_shape shape = {3, 4, 5};
    float *in = numbers(60, state), out[60];
    for (uint32_t axes = 0; axes < 8; axes++)
        for (uint32_t reduction = 0; reduction < SR_NETS_REDUCTIONS; reduction++) {
            CHECK(sr_nets_reduce(reduction, axes, in, &shape, out) == SR_OK);
            double sum = 0, best = (double)in[0], count = 0; /* of the first number */
            for (size_t i = 0; i < 60; i++) {
                if ((i / 20 && !(axes & 1)) || (i / 5 % 4 && !(axes & 2)) || (i % 5 && !(axes & 4))) continue;
                sum += (double)in[i], count++;
                best = reduction == SR_NETS_MAX ? fmax(best, (double)in[i]) : fmin(best, (double)in[i]);
            }
            const double expected = reduction == SR_NETS_SUM ? sum : reduction == SR_NETS_MEAN ? sum / count : best;
            CHECK(fabs((double)out[0] - expected) < 1e-6);
        }
    CHECK(sr_nets_reduce(0, 8, in, &shape, out) == SR_BAD_ARGUMENT);
    forget(in, 60);
}

static void moves(uint64_t *state) {
    const struct sr_nets_shape shape = {3, 4, 2}, twice = {6, 8, 2}, part = {1, 2, 1}, zero = {0, 0, 0},
                               one = {1, 1, 1};
    float *in = numbers(24, state), *out = numbers(96, state), *fast = numbers(96, state);
    struct sr_nets_resizing resizing = {shape, twice, SR_NETS_HALF, SR_NETS_LINEAR_BETWEEN, {2, 2}};
    CHECK(sr_nets_resize(&resizing, in, out) == SR_OK && sr_nets_upsample_bilinear2(in, 3, 4, 2, fast) == SR_OK);
    for (size_t i = 0; i < 96; i++) CHECK(fabsf(out[i] - fast[i]) < 1e-6F);
    CHECK(sr_nets_upsample_nearest(in, 3, 4, 2, 2, fast) == SR_OK);
    for (uint32_t between = 1; between < SR_NETS_BETWEENS; between++) {
        resizing.between = between, resizing.centres = between == SR_NETS_FLOOR ? SR_NETS_FIRST : SR_NETS_HALF;
        CHECK(sr_nets_resize(&resizing, in, out) == SR_OK);
        if (between != SR_NETS_CEIL) CHECK(memcmp(out, fast, sizeof(float[96])) == 0);
    }
    resizing.scale[1] = 0;
    CHECK(sr_nets_resize(&resizing, in, out) == SR_BAD_ARGUMENT);
    const struct sr_nets_shape before = {1, 2, 0}, wide = {5, 7, 2}, at_one = {1, 1, 1};
    for (uint32_t framing = 0; framing < SR_NETS_FRAMINGS; framing++) {
        CHECK(sr_nets_pad(in, &shape, &before, &wide, framing, 9, out) == SR_OK);
        const float corner[] = {9, at(in, shape, 1, 2, 0), in[0]};
        CHECK(out[0] == corner[framing] && out[(1 * 7 + 2) * 2] == in[0]);
    }
    CHECK(sr_nets_pad(in, &shape, &before, &shape, 0, 9, out) == SR_BAD_ARGUMENT);
    const struct sr_nets_shape far = {3, 0, 0}, high = {6, 4, 2}, step = {1, 2, 1}, past = {1, 3, 1};
    CHECK(sr_nets_pad(in, &shape, &far, &high, SR_NETS_MIRROR, 0, out) == SR_BAD_ARGUMENT);
    CHECK(sr_nets_cut(in, &shape, &at_one, &step, &part, out) == SR_OK);
    CHECK(out[0] == at(in, shape, 1, 1, 1) && out[1] == at(in, shape, 1, 3, 1));
    CHECK(sr_nets_cut(in, &shape, &at_one, &step, &past, out) == SR_BAD_ARGUMENT);
    CHECK(sr_nets_cut(in, &shape, &zero, &zero, &part, out) == SR_BAD_ARGUMENT);
    memset(out, 0, sizeof(float[96]));
    CHECK(sr_nets_place(in, &shape, &zero, &twice, out) == SR_OK && out[8 * 2 + 1] == in[4 * 2 + 1] && out[8] == 0);
    CHECK(sr_nets_place(in, &twice, &one, &twice, out) == SR_BAD_ARGUMENT);
    forget(in, 24), forget(out, 96), forget(fast, 96);
}

static void roundings(void) {
    const struct sr_nets_rounding rounding = {0.5F, 0.25F, 10, 0, 255, 8};
    const float in[] = {0.25F, 0.75F, -5.5F, 1000, NAN};
    float out[5];
    CHECK(sr_nets_round(&rounding, in, 5, out) == SR_OK);
    CHECK(out[0] == 0.5F && out[1] == 1 && out[2] == -2 && out[3] == 61.75F && out[4] == -2);
    struct sr_nets_rounding wrong = rounding;
    wrong.step = NAN;
    CHECK(sr_nets_round(&wrong, in, 5, out) == SR_BAD_ARGUMENT);
    wrong = rounding, wrong.low = 256;
    CHECK(sr_nets_round(&wrong, in, 5, out) == SR_BAD_ARGUMENT);
}

static void misuse(void) {
    const struct sr_nets_sliding right = {{8, 8, 4}, {8, 8, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2};
    struct sr_nets_sliding w;
#define REFUSED(...)                                                                                                   \
    do {                                                                                                               \
        w = right;                                                                                                     \
        __VA_ARGS__;                                                                                                   \
        CHECK(sr_nets_convolve_any(&w, NULL, NULL, NULL, NULL) == SR_BAD_ARGUMENT);                                    \
        CHECK(sr_nets_transpose_any(&w, NULL, NULL, NULL, NULL) == SR_BAD_ARGUMENT);                                   \
        CHECK(sr_nets_pool_any(&w, 0, NULL, NULL) == SR_BAD_ARGUMENT);                                                 \
    } while (0)
    REFUSED(w.in.rows = 0);
    REFUSED(w.out.cols = SR_NETS_SIDE_MAX + 1);
    REFUSED(w.groups = 0);
    REFUSED(w.groups = 3);
    REFUSED(w.groups = 4);
    REFUSED(w.size[0] = 0);
    REFUSED(w.stride[1] = 0);
    REFUSED(w.dilation[0] = SR_NETS_REACH_MAX + 1);
    REFUSED(w.before[1] = SR_NETS_REACH_MAX + 1);
}

int main(void) {
    START();
    uint64_t state = 9;
    slide((struct sr_nets_sliding){{5, 7, 4}, {5, 7, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2}, 0, &state);
    slide((struct sr_nets_sliding){{5, 9, 3}, {5, 9, 2}, {1, 7}, {1, 1}, {1, 1}, {0, 3}, 1}, 0, &state);
    slide((struct sr_nets_sliding){{9, 9, 2}, {9, 9, 2}, {3, 3}, {1, 1}, {3, 2}, {3, 2}, 1}, 0, &state);
    slide((struct sr_nets_sliding){{9, 8, 3}, {5, 3, 3}, {3, 3}, {2, 3}, {1, 1}, {1, 0}, 3}, 0, &state);
    slide((struct sr_nets_sliding){{4, 5, 3}, {8, 10, 2}, {2, 2}, {2, 2}, {1, 1}, {0, 0}, 1}, 1, &state);
    slide((struct sr_nets_sliding){{4, 5, 4}, {8, 14, 6}, {3, 3}, {2, 3}, {1, 2}, {1, 1}, 2}, 1, &state);
    pools(&state), combinations(&state), functions(), reductions(&state), moves(&state), roundings(), misuse();
    DONE();
}
