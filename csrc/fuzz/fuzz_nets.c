/* Any window, any numbers: no octet outside is touched, a checked convolution gives what the unchecked one gives, and
 * levels that fuse agree to the bit. */
#include "fuzz.h"
#include "skyrack/nets.h"

static const uint32_t LIMIT = 1 << 16; /* the most numbers of an image or of weights, for speed */

/* `count` numbers of moderate size, from the input as far as it goes. */
static float *numbers(struct input *input, size_t count) {
    float *made = owned(NULL, count * sizeof *made);
    for (size_t i = 0; i < count; i++) made[i] = (float)(int8_t)take(input, 1) / 16;
    return made;
}

static struct sr_nets_window window_of(struct input *input) {
    struct sr_nets_window w = {.rows = (uint32_t)take(input, 1), .cols = (uint32_t)take(input, 1)};
    w.channels = (uint32_t)take(input, 1), w.outputs = (uint32_t)take(input, 1);
    w.size = take(input, 1) % 9, w.stride = take(input, 1) % 4;
    w.top = take(input, 1) % 8, w.left = take(input, 1) % 8, w.bottom = take(input, 1) % 8,
    w.right = take(input, 1) % 8;
    w.activation = take(input, 1) % 4;
    return w;
}

static void convolve(const struct sr_nets_window *w, struct input *input, const float *in, size_t in_size,
                     size_t out_size) {
    const size_t weights_size = (size_t)w->size * w->size * w->channels * w->outputs;
    const size_t packed_size = sr_nets_packed(w), scratch_size = sr_nets_scratch(w);
    REQUIRE((packed_size == 0) == (scratch_size == 0));
    if (!packed_size || weights_size > LIMIT) return;
    float *weights = numbers(input, weights_size), *bias = numbers(input, w->outputs);
    float *first = owned(NULL, out_size * sizeof *first), *out = owned(NULL, out_size * sizeof *out);
    void *packed = owned(NULL, packed_size), *scratch = owned(NULL, scratch_size);
    int fused = 0;
    REQUIRE(sr_nets_pack(w, weights, bias, packed, packed_size) == SR_OK);
    ON_EACH_LEVEL(level) {
        struct sr_nets_check check = {.input_sum = sr_nets_sum(in, in_size)};
        REQUIRE(sr_nets_conv(w, packed, in, out, scratch, scratch_size, NULL) == SR_OK);
        if (level != SR_PORTABLE && fused++) REQUIRE(memcmp(first, out, out_size * sizeof *out) == 0);
        memcpy(first, out, out_size * sizeof *out);
        REQUIRE(sr_nets_conv(w, packed, in, out, scratch, scratch_size, &check) == SR_OK);
        REQUIRE(memcmp(first, out, out_size * sizeof *out) == 0 && check.output_sum == sr_nets_sum(out, out_size));
    }
    free(weights), free(bias), free(first), free(out), free(packed), free(scratch);
}

/* Convolutions in 8 bits give the same octets on all levels. */
static void convolve_i8(const struct sr_nets_window *w, struct input *input, const float *in, size_t out_size) {
    const size_t weights_size = (size_t)w->size * w->size * w->channels * w->outputs;
    const size_t packed_size = sr_nets_packed_i8(w), scratch_size = sr_nets_scratch_i8(w);
    REQUIRE((packed_size == 0) == (scratch_size == 0));
    if (!packed_size || weights_size > LIMIT) return;
    const struct sr_nets_steps steps = {0.01F * (float)take(input, 1), (uint32_t)take(input, 1) % 300};
    int8_t *weights = owned(NULL, weights_size);
    for (size_t i = 0; i < weights_size; i++) weights[i] = (int8_t)take(input, 1);
    float *scales = numbers(input, w->outputs), *bias = numbers(input, w->outputs);
    float *first = owned(NULL, out_size * sizeof *first), *out = owned(NULL, out_size * sizeof *out);
    void *packed = owned(NULL, packed_size), *scratch = owned(NULL, scratch_size);
    REQUIRE(sr_nets_pack_i8(w, weights, scales, bias, packed, packed_size) == SR_OK);
    const int right = steps.step > 0 && steps.zero < 256 ? SR_OK : SR_BAD_ARGUMENT;
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_nets_conv_i8(w, &steps, packed, in, out, scratch, scratch_size) == right);
        REQUIRE(right != SR_OK || level == SR_PORTABLE || memcmp(first, out, out_size * sizeof *out) == 0);
        memcpy(first, out, out_size * sizeof *out);
    }
    free(weights), free(scales), free(bias), free(first), free(out), free(packed), free(scratch);
}

static void slide(struct sr_nets_window w, struct input *input, const float *in) {
    uint32_t rows, cols;
    w.outputs = w.channels;
    if (sr_nets_output(&w, &rows, &cols) != SR_OK || rows * cols > LIMIT) return;
    float *weights = numbers(input, (size_t)w.size * w.size * w.channels),
          *out = owned(NULL, 4ULL * rows * cols * w.channels);
    ON_EACH_LEVEL(level) {
        sr_nets_depthwise(&w, weights, in, in, out);
        sr_nets_max_pool(&w, in, out), sr_nets_average_pool(&w, in, out);
    }
    free(weights), free(out);
}

static void reshape(const struct sr_nets_window *w, const float *in) {
    const size_t pixels = (size_t)w->rows * w->cols, size = pixels * w->channels;
    float *out = owned(NULL, 9 * size * sizeof *out);
    uint8_t *best = owned(NULL, pixels);
    const uint32_t factor = 1 + w->stride % 3;
    REQUIRE(sr_nets_upsample_nearest(in, w->rows, w->cols, w->channels, factor, out) == SR_OK);
    REQUIRE(sr_nets_upsample_bilinear2(in, w->rows, w->cols, w->channels, out) == SR_OK);
    REQUIRE(sr_nets_concat(in, pixels, w->channels, out, 2 * w->channels, w->channels) == SR_OK);
    REQUIRE(sr_nets_mean(in, pixels, w->channels, out) == SR_OK);
    REQUIRE(sr_nets_add(in, in, size, w->activation, out) ==
            (w->activation < SR_NETS_ACTIVATIONS ? SR_OK : SR_BAD_ARGUMENT));
    REQUIRE(sr_nets_argmax(in, pixels, w->channels, best) == SR_OK);
    for (size_t i = 0; i < pixels; i++) REQUIRE(best[i] < w->channels);
    free(out), free(best);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    const struct sr_nets_window w = window_of(&input);
    const size_t in_size = (size_t)w.rows * w.cols * w.channels;
    uint32_t rows, cols;
    const int status = sr_nets_output(&w, &rows, &cols);
    if (!in_size || in_size > LIMIT) return 0;
    /* The bias of `slide` is the image's first numbers: as many as there are channels. */
    float *in = numbers(&input, in_size);
    if (status == SR_OK && (size_t)rows * cols * w.outputs <= LIMIT)
        convolve(&w, &input, in, in_size, (size_t)rows * cols * w.outputs),
            convolve_i8(&w, &input, in, (size_t)rows * cols * w.outputs);
    slide(w, &input, in), reshape(&w, in);
    free(in);
    return 0;
}
