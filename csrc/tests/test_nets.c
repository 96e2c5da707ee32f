/* Layers between unreadable pages, against their definitions in binary64; checks against flipped bits. */
#include "check.h"
#include "skyrack/nets.h"
#include <math.h>

static float number(uint64_t *state) { return (float)((int)(draw(state) >> 48) - 32768) / 16384; }

static float *numbers(size_t count, uint64_t *state) {
    float *made = (float *)guarded(count * sizeof *made);
    for (size_t i = 0; i < count; i++) made[i] = number(state);
    return made;
}
static void forget(void *numbers, size_t count) { release(numbers, count * sizeof(float)); }

static double activated(double x, uint32_t activation) {
    return activation == SR_NETS_RELU ? fmax(x, 0) : activation == SR_NETS_SIGMOID ? 1 / (1 + exp(-x)) : x;
}

/* A number of the output of a convolution, or of a depthwise one, in binary64; `magnitude` becomes the sum of the
 * magnitudes of its products. */
static double convolved(const struct sr_nets_window *w, const float *weights, const float *in, size_t row, size_t col,
                        size_t output, int depthwise, double bias, double *magnitude) {
    double sum = bias;
    *magnitude = fabs(bias);
    for (size_t tap = 0; tap < w->size * w->size; tap++) {
        const size_t y = row * w->stride + tap / w->size - w->top, x = col * w->stride + tap % w->size - w->left;
        if (y >= w->rows || x >= w->cols) continue;
        const float *pixel = in + (y * w->cols + x) * w->channels;
        for (size_t c = 0; c < w->channels; c++) {
            if (depthwise && c != output) continue;
            const double product =
                pixel[c] * (double)(depthwise ? weights[tap * w->channels + c]
                                              : weights[(tap * w->channels + c) * w->outputs + output]);
            sum += product, *magnitude += fabs(product);
        }
    }
    return sum;
}

static void compare(const struct sr_nets_window *w, const float *weights, const float *bias, const float *in,
                    const float *out, int depthwise) {
    uint32_t rows, cols;
    CHECK(sr_nets_output(w, &rows, &cols) == SR_OK);
    for (size_t pixel = 0; pixel < rows * cols; pixel++)
        for (size_t i = 0; i < w->outputs; i++) {
            double magnitude;
            double sum = convolved(w, weights, in, pixel / cols, pixel % cols, i, depthwise, bias[i], &magnitude);
            CHECK(fabs(out[pixel * w->outputs + i] - activated(sum, w->activation)) <= 1e-6 * magnitude);
        }
}

static void convolution(struct sr_nets_window w, uint64_t *state) {
    uint32_t rows, cols;
    CHECK(sr_nets_output(&w, &rows, &cols) == SR_OK);
    const size_t in_size = (size_t)w.rows * w.cols * w.channels, out_size = (size_t)rows * cols * w.outputs;
    const size_t weights_size = (size_t)w.size * w.size * w.channels * w.outputs;
    const size_t packed_size = sr_nets_packed(&w), scratch_size = sr_nets_scratch(&w);
    float *in = numbers(in_size, state), *weights = numbers(weights_size, state), *bias = numbers(w.outputs, state);
    float *out = (float *)guarded(out_size * sizeof *out), *again = (float *)guarded(out_size * sizeof *out);
    uint8_t *packed = guarded(packed_size), *scratch = guarded(scratch_size);
    CHECK(sr_nets_pack(&w, weights, bias, packed, packed_size) == SR_OK);
    CHECK(sr_nets_pack(&w, weights, bias, packed, packed_size - 1) == SR_TOO_SMALL);
    CHECK(sr_nets_conv(&w, packed, in, out, scratch, scratch_size, NULL) == SR_OK);
    CHECK(sr_nets_conv(&w, packed, in, out, scratch, scratch_size - 1, NULL) == SR_TOO_SMALL);
    compare(&w, weights, bias, in, out, 0);
    struct sr_nets_check check = {.input_sum = sr_nets_sum(in, in_size)};
    CHECK(sr_nets_conv(&w, packed, in, again, scratch, scratch_size, &check) == SR_OK);
    CHECK(memcmp(out, again, out_size * sizeof *out) == 0);
    CHECK(check.output_sum == sr_nets_sum(out, out_size) && check.off <= check.tolerance);
    ((uint32_t *)in)[draw(state) % in_size] ^= 1U << draw(state) % 32;
    CHECK(sr_nets_conv(&w, packed, in, again, scratch, scratch_size, &check) == SR_CORRUPT);
    forget(in, in_size), forget(weights, weights_size), forget(bias, w.outputs), forget(out, out_size);
    forget(again, out_size), release(packed, packed_size), release(scratch, scratch_size);
}

static double quantised(float x, const struct sr_nets_steps *steps) {
    return fmin(fmax((double)rintf(x / steps->step) + steps->zero, 0), 255) - steps->zero;
}

/* Convolutions in 8-bit numbers, equal to the bit. */
static void convolution_i8(struct sr_nets_window w, uint64_t *state) {
    const struct sr_nets_steps steps = {0.0173F, (uint32_t)(draw(state) % 256)};
    uint32_t rows, cols;
    CHECK(sr_nets_output(&w, &rows, &cols) == SR_OK);
    const size_t in_size = (size_t)w.rows * w.cols * w.channels, out_size = (size_t)rows * cols * w.outputs;
    const size_t weights_size = (size_t)w.size * w.size * w.channels * w.outputs;
    const size_t packed_size = sr_nets_packed_i8(&w), scratch_size = sr_nets_scratch_i8(&w);
    float *in = numbers(in_size, state), *scales = numbers(w.outputs, state), *bias = numbers(w.outputs, state);
    float *whole = numbers(in_size, state), *wide = numbers(weights_size, state);
    float *out = (float *)guarded(out_size * sizeof *out);
    uint8_t *weights = guarded(weights_size), *packed = guarded(packed_size), *scratch = guarded(scratch_size);
    fill(weights, weights_size, state);
    for (size_t i = 0; i < in_size; i++) whole[i] = (float)quantised(in[i], &steps);
    for (size_t i = 0; i < weights_size; i++) wide[i] = (int8_t)weights[i];
    CHECK(sr_nets_pack_i8(&w, (int8_t *)weights, scales, bias, packed, packed_size) == SR_OK);
    CHECK(sr_nets_pack_i8(&w, (int8_t *)weights, scales, bias, packed, packed_size - 1) == SR_TOO_SMALL);
    CHECK(sr_nets_conv_i8(&w, &steps, packed, in, out, scratch, scratch_size) == SR_OK);
    CHECK(sr_nets_conv_i8(&w, &steps, packed, in, out, scratch, scratch_size - 1) == SR_TOO_SMALL);
    for (size_t i = 0; i < out_size; i++) {
        const size_t pixel = i / w.outputs, output = i % w.outputs;
        double magnitude;
        const float sum = (float)convolved(&w, wide, whole, pixel / cols, pixel % cols, output, 0, 0, &magnitude);
        const float product = sum * scales[output], made = product + bias[output];
        CHECK(out[i] == (w.activation == SR_NETS_RELU && made < 0 ? 0 : made));
    }
    forget(in, in_size), forget(scales, w.outputs), forget(bias, w.outputs), forget(whole, in_size);
    forget(wide, weights_size), forget(out, out_size), release(weights, weights_size);
    release(packed, packed_size), release(scratch, scratch_size);
}

/* A weight that changes after it was packed is noticed by the sums that were taken then. */
static void upset_weight(uint64_t *state) {
    const struct sr_nets_window w = {20, 20, 16, 40, 3, 1, 1, 1, 1, 1, SR_NETS_RELU};
    float *in = numbers(400 * 16, state), *weights = numbers(9 * 16 * 40, state), *bias = numbers(40, state);
    float *out = numbers(400 * 40, state);
    const size_t size = sr_nets_packed(&w), scratch_size = sr_nets_scratch(&w);
    uint8_t *packed = guarded(size), *scratch = guarded(scratch_size);
    struct sr_nets_check check = {.input_sum = sr_nets_sum(in, 400 * 16)};
    CHECK(sr_nets_pack(&w, weights, bias, packed, size) == SR_OK);
    float *laid_out = (float *)(packed + size) - 64 - 9 * 16 * 64; /* before the two groups of 32 biases at the end */
    laid_out[1000] += 4; /* a weight of output 8; outputs from 40 on are filling */
    CHECK(sr_nets_conv(&w, packed, in, out, scratch, scratch_size, &check) == SR_CORRUPT);
    CHECK(check.rows && check.cols && check.off > check.tolerance);
    forget(in, 400 * 16), forget(weights, 9 * 16 * 40), forget(bias, 40), forget(out, 400 * 40);
    release(packed, size), release(scratch, scratch_size);
}

/* Biases that cancel, over an image of zeros: the sums round as their magnitudes do, and that is no upset. */
static void dark_image(void) {
    const struct sr_nets_window w = {4, 4, 3, 3, 2, 1, 0, 0, 0, 0, SR_NETS_LINEAR};
    const float bias[3] = {-0.3269143F, -0.06480682F, 0.39198774F};
    float in[4 * 4 * 3] = {0}, weights[4 * 3 * 3], out[3 * 3 * 3];
    for (size_t i = 0; i < 4 * 3 * 3; i++) weights[i] = 0.25F;
    const size_t size = sr_nets_packed(&w), scratch_size = sr_nets_scratch(&w);
    uint8_t *packed = guarded(size), *scratch = guarded(scratch_size);
    struct sr_nets_check check = {.input_sum = sr_nets_sum(in, 4 * 4 * 3)};
    CHECK(sr_nets_pack(&w, weights, bias, packed, size) == SR_OK);
    CHECK(sr_nets_conv(&w, packed, in, out, scratch, scratch_size, &check) == SR_OK);
    CHECK(check.off <= check.tolerance);
    release(packed, size), release(scratch, scratch_size);
}

/* Whichever bit flips in packed weights: numbers are wrong, or SR_CORRUPT comes back, and nothing outside is
 * touched. */
static void memory_that_changed_is_survived(uint64_t *state) {
    const struct sr_nets_window w = {4, 5, 3, 2, 3, 1, 1, 1, 1, 1, SR_NETS_SIGMOID};
    const struct sr_nets_steps steps = {0.01F, 100};
    const size_t in_size = 4 * 5 * 3, out_size = 4 * 5 * 2, scratch_size = sr_nets_scratch(&w);
    const size_t size = sr_nets_packed(&w), size_i8 = sr_nets_packed_i8(&w);
    float *in = numbers(in_size, state), *weights = numbers(9 * 3 * 2, state), *bias = numbers(2, state);
    float *out = numbers(out_size, state);
    int8_t weights_i8[9 * 3 * 2];
    uint8_t *packed = guarded(size), *packed_i8 = guarded(size_i8), *scratch = guarded(scratch_size);
    fill((uint8_t *)weights_i8, sizeof weights_i8, state);
    CHECK(sr_nets_pack(&w, weights, bias, packed, size) == SR_OK);
    CHECK(sr_nets_pack_i8(&w, weights_i8, bias, bias, packed_i8, size_i8) == SR_OK);
    FOR_EACH_FLIP(packed, size) {
        struct sr_nets_check check = {.input_sum = sr_nets_sum(in, in_size)};
        CHECK(sr_nets_conv(&w, packed, in, out, scratch, scratch_size, NULL) == SR_OK);
        int status = sr_nets_conv(&w, packed, in, out, scratch, scratch_size, &check);
        CHECK(status == SR_OK || status == SR_CORRUPT);
    }
    FOR_EACH_FLIP(packed_i8, size_i8)
    CHECK(sr_nets_conv_i8(&w, &steps, packed_i8, in, out, scratch, scratch_size) == SR_OK);
    forget(in, in_size), forget(weights, 9 * 3 * 2), forget(bias, 2), forget(out, out_size);
    release(packed, size), release(packed_i8, size_i8), release(scratch, scratch_size);
}

static void by_channel(struct sr_nets_window w, uint64_t *state) {
    uint32_t rows, cols;
    CHECK(sr_nets_output(&w, &rows, &cols) == SR_OK);
    const size_t in_size = (size_t)w.rows * w.cols * w.channels, out_size = (size_t)rows * cols * w.channels;
    const size_t weights_size = (size_t)w.size * w.size * w.channels;
    float *in = numbers(in_size, state), *weights = numbers(weights_size, state), *bias = numbers(w.channels, state);
    float *out = (float *)guarded(out_size * sizeof *out);
    CHECK(sr_nets_depthwise(&w, weights, bias, in, out) == SR_OK);
    compare(&w, weights, bias, in, out, 1);
    w.activation = SR_NETS_LINEAR;
    CHECK(sr_nets_max_pool(&w, in, out) == SR_OK);
    for (size_t i = 0; i < out_size; i++) CHECK(fabsf(out[i]) <= 2);
    CHECK(sr_nets_average_pool(&w, in, out) == SR_OK);
    for (size_t i = 0; i < out_size; i++) CHECK(fabsf(out[i]) <= 2);
    w.activation = SR_NETS_RELU;
    CHECK(sr_nets_max_pool(&w, in, out) == SR_BAD_ARGUMENT && sr_nets_average_pool(&w, in, out) == SR_BAD_ARGUMENT);
    forget(in, in_size), forget(weights, weights_size), forget(bias, w.channels), forget(out, out_size);
}

/* Layers without a window, on 3 x 5 pixels and with channels that are no multiple of a vector. */
static void others(size_t channels, uint64_t *state) {
    enum { ROWS = 3, COLS = 5, PIXELS = ROWS * COLS };
    const size_t size = PIXELS * channels;
    float *in = numbers(size, state), *more = numbers(size, state), *out = numbers(9 * size, state);
    uint8_t *best = guarded(PIXELS);
    CHECK(sr_nets_upsample_nearest(in, ROWS, COLS, (uint32_t)channels, 3, out) == SR_OK);
    for (size_t i = 0; i < 9 * PIXELS; i++)
        CHECK(!memcmp(out + i * channels, in + (i / 45 * COLS + i % 15 / 3) * channels, channels * sizeof *in));
    CHECK(sr_nets_upsample_bilinear2(in, ROWS, COLS, (uint32_t)channels, out) == SR_OK);
    CHECK(!memcmp(out, in, channels * sizeof *in) &&
          !memcmp(out + 4 * size - channels, in + size - channels, channels * 4));
    CHECK(fabsf(out[channels] - (0.75F * in[0] + 0.25F * in[channels])) <= 1e-6F);
    CHECK(sr_nets_add(in, more, size, SR_NETS_RELU, out) == SR_OK);
    for (size_t i = 0; i < size; i++) CHECK(out[i] == fmaxf(in[i] + more[i], 0));
    CHECK(sr_nets_concat(in, PIXELS, (uint32_t)channels, out, (uint32_t)(2 * channels), (uint32_t)channels) == SR_OK);
    for (size_t i = 0; i < PIXELS; i++)
        CHECK(!memcmp(out + (2 * i + 1) * channels, in + i * channels, channels * sizeof *in));
    CHECK(sr_nets_concat(in, PIXELS, (uint32_t)channels, out, (uint32_t)channels, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_nets_mean(in, PIXELS, (uint32_t)channels, out) == SR_OK);
    CHECK(sr_nets_argmax(in, PIXELS, (uint32_t)channels, best) == SR_OK);
    for (size_t i = 0; i < size; i++) CHECK(in[i] <= in[i / channels * channels + best[i / channels]]);
    forget(in, size), forget(more, size), forget(out, 9 * size), release(best, PIXELS);
}

static void sigmoids(void) {
    float in[4001], out[4001];
    for (int i = 0; i <= 4000; i++) in[i] = (float)(i - 2000) / 20;
    CHECK(sr_nets_activate(in, 4001, SR_NETS_SIGMOID, out) == SR_OK);
    for (int i = 0; i <= 4000; i++) {
        const double right = 1 / (1 + exp(-fmax(-87, in[i])));
        CHECK(fabs(out[i] - right) <= 3e-7 * right);
    }
    CHECK(sr_nets_activate(in, 1, SR_NETS_ACTIVATIONS, out) == SR_BAD_ARGUMENT);
    in[0] = NAN;
    CHECK(sr_nets_activate(in, 1, SR_NETS_SIGMOID, out) == SR_OK && isnan(out[0]));
}

static void misuse(void) {
    const struct sr_nets_window right = {8, 8, 2, 3, 3, 1, 1, 1, 1, 1, 0};
    struct sr_nets_window w;
    uint32_t rows, cols;
#define REFUSED(...)                                                                                                   \
    do {                                                                                                               \
        w = right;                                                                                                     \
        __VA_ARGS__;                                                                                                   \
        CHECK(sr_nets_output(&w, &rows, &cols) == SR_BAD_ARGUMENT);                                                    \
        CHECK(sr_nets_packed(&w) == 0 && sr_nets_scratch(&w) == 0);                                                    \
        CHECK(sr_nets_conv(&w, NULL, NULL, NULL, NULL, 0, NULL) == SR_BAD_ARGUMENT);                                   \
    } while (0)
    REFUSED(w.rows = 0);
    REFUSED(w.cols = SR_NETS_SIDE_MAX + 1);
    REFUSED(w.channels = 0);
    REFUSED(w.outputs = SR_NETS_CHANNELS_MAX + 1);
    REFUSED(w.size = 0);
    REFUSED(w.size = 17);
    REFUSED(w.stride = 0);
    REFUSED(w.left = 3);
    REFUSED(w.rows = w.cols = 32768, w.channels = 1);
    REFUSED(w.rows = 1, w.top = w.bottom = 0);
    w = right, w.activation = 3;
    CHECK(sr_nets_packed(&w) == 0);
}

int main(void) {
    START();
    uint64_t state = 5;
    const uint32_t outputs[] = {1, 31, 32, 33, 70};
    for (uint32_t i = 0; i < 15; i++) {
        convolution((struct sr_nets_window){1 + i, 17 - i, 1 + 5 * i, outputs[i % 5], 3, 1, 1, 1, 1, 1, i % 3}, &state);
        convolution((struct sr_nets_window){2 + i, 30 - i, 3 * i + 1, outputs[i % 5], 3, 2, 0, 1, 1, 0, i % 3}, &state);
        convolution((struct sr_nets_window){1 + i, 60 - i, 9 * i + 1, outputs[i % 5], 1, 1 + i % 2, 0, 0, 0, 0, i % 3},
                    &state);
        convolution_i8(
            (struct sr_nets_window){1 + i, 17 - i, 1 + 5 * i, outputs[i % 5], 3, 1 + i % 2, 1, 1, 1, 1, i % 2}, &state);
        by_channel((struct sr_nets_window){3 + i, 20 - i, 1 + i, 1 + i, 3, 1 + i % 2, 1, i % 3, 2, 0, i % 3}, &state);
        others(1 + i, &state);
    }
    convolution((struct sr_nets_window){9, 11, 2, 5, 5, 1, 2, 2, 2, 2, 0}, &state);
    dark_image();
    upset_weight(&state), memory_that_changed_is_survived(&state), sigmoids(), misuse();
    convolution_i8((struct sr_nets_window){5, 6, 300, 3, 3, 1, 1, 1, 1, 1, 0}, &state); /* two chunks */
    CHECK(sr_selftest_nets() == SR_OK);
    DONE();
}
