/* Layers of any geometry, with any numbers: no octet outside the images is touched, and what can be done in place gives
 * the same there. */
#include "fuzz.h"
#include "skyrack/nets.h"
#include "skyrack/nets_any.h"
#include <math.h>

static const size_t LIMIT = 1 << 12; /* the most numbers of an image or of weights, for speed */

static size_t numbers_of(struct sr_nets_shape shape) { return (size_t)shape.rows * shape.cols * shape.channels; }

/* A number for one octet of the input: a small one, or one of the special ones. */
static float number(struct input *input) {
    static const float rare[] = {NAN, INFINITY, -INFINITY, 0.0F, -0.0F, 1e38F, -1e38F, 1e-45F};
    const uint8_t octet = (uint8_t)take(input, 1);
    return octet < 248 ? (float)(octet - 124) / 16 : rare[octet - 248];
}

static float *numbers(struct input *input, size_t count) {
    float *made = owned(NULL, count * sizeof *made);
    for (size_t i = 0; i < count; i++) made[i] = number(input);
    return made;
}

/* A length, mostly below `most`; now and then any number, which has to be refused. */
static uint32_t length(struct input *input, uint32_t most) {
    const uint32_t octet = (uint32_t)take(input, 1);
    return octet < 252 ? octet % most : (uint32_t)take(input, 4);
}

static struct sr_nets_shape shape_of(struct input *input) {
    const uint32_t rows = length(input, 18), cols = length(input, 18);
    return (struct sr_nets_shape){rows, cols, length(input, 14)};
}

/* The numbers of an image of this shape; NULL where it would have more than LIMIT. */
static float *image_of(struct input *input, struct sr_nets_shape shape) {
    const uint64_t pixels = (uint64_t)shape.rows * shape.cols;
    const int is_small = pixels <= LIMIT && shape.channels <= LIMIT && pixels * shape.channels <= LIMIT;
    return is_small ? numbers(input, numbers_of(shape)) : NULL;
}

static void slide(struct input *input, struct sr_nets_shape in_shape, const float *in) {
    struct sr_nets_sliding w = {.in = in_shape, .out = shape_of(input)};
    for (int axis = 0; axis < 2; axis++) {
        w.size[axis] = length(input, 6), w.stride[axis] = length(input, 5);
        w.dilation[axis] = length(input, 4), w.before[axis] = length(input, 6);
    }
    w.groups = length(input, 5);
    const uint64_t taps = (uint64_t)w.size[0] * w.size[1];
    float *out = image_of(input, w.out);
    const uint64_t pairs = (uint64_t)w.in.channels * w.out.channels / (w.groups ? w.groups : 1);
    if (!out || taps > 64 || taps * pairs > 4 * LIMIT) return free(out);
    float *weights = numbers(input, taps * pairs), *bias = numbers(input, w.out.channels);
    const int taken = sr_nets_convolve_any(&w, weights, bias, in, out);
    REQUIRE(sr_nets_transpose_any(&w, weights, bias, in, out) == taken);
    for (uint32_t pooling = 0; pooling <= SR_NETS_POOLINGS; pooling++) {
        const int status = sr_nets_pool_any(&w, pooling, in, out);
        REQUIRE(status != SR_OK || (taken == SR_OK && pooling < SR_NETS_POOLINGS));
    }
    free(weights), free(bias), free(out);
}

static void combine(struct input *input, struct sr_nets_shape a_shape, const float *a) {
    const struct sr_nets_shape b_shape = shape_of(input);
    float *b = image_of(input, b_shape);
    const struct sr_nets_shape most = {
        a_shape.rows > b_shape.rows ? a_shape.rows : b_shape.rows,
        a_shape.cols > b_shape.cols ? a_shape.cols : b_shape.cols,
        a_shape.channels > b_shape.channels ? a_shape.channels : b_shape.channels,
    };
    const uint64_t pixels = (uint64_t)most.rows * most.cols;
    float *out =
        b && pixels <= LIMIT && pixels * most.channels <= LIMIT ? owned(NULL, numbers_of(most) * sizeof *out) : NULL;
    for (uint32_t operation = 0; out && operation <= SR_NETS_OPERATIONS; operation++) {
        const int status = sr_nets_combine(operation, a, &a_shape, b, &b_shape, out);
        REQUIRE(operation < SR_NETS_OPERATIONS || status == SR_BAD_ARGUMENT);
        REQUIRE(sr_nets_combine(operation, b, &b_shape, a, &a_shape, out) == status);
    }
    free(b), free(out);
}

/* Layers that treat each number alone give the same in place. */
static void each(struct input *input, struct sr_nets_shape shape, const float *in) {
    const size_t count = numbers_of(shape), octets = count * sizeof *in, pixels = (size_t)shape.rows * shape.cols;
    float *out = owned(NULL, octets), *same = owned(in, octets);
    float *factors = numbers(input, shape.channels), *shifts = numbers(input, shape.channels);
    const uint32_t function = (uint32_t)take(input, 1) % (SR_NETS_FUNCTIONS + 1),
                   logarithms = (uint32_t)take(input, 1) % 3;
    const float p = number(input), q = number(input);
    const int status = sr_nets_apply(function, p, q, in, count, out);
    REQUIRE((status == SR_OK) == (function < SR_NETS_FUNCTIONS));
    REQUIRE(sr_nets_apply(function, p, q, same, count, same) == status);
    REQUIRE(status != SR_OK || memcmp(out, same, octets) == 0);
    memcpy(same, in, octets);
    if (sr_nets_scale(in, pixels, shape.channels, factors, shifts, out) == SR_OK) {
        REQUIRE(sr_nets_scale(same, pixels, shape.channels, factors, shifts, same) == SR_OK);
        REQUIRE(memcmp(out, same, octets) == 0);
    }
    memcpy(same, in, octets);
    if (sr_nets_softmax(in, pixels, shape.channels, logarithms, out) == SR_OK) {
        REQUIRE(sr_nets_softmax(same, pixels, shape.channels, logarithms, same) == SR_OK);
        REQUIRE(memcmp(out, same, octets) == 0);
    }
    const uint32_t reduction = (uint32_t)take(input, 1) % (SR_NETS_REDUCTIONS + 1), axes = (uint32_t)take(input, 1) % 9;
    REQUIRE(sr_nets_reduce(reduction, axes, in, &shape, out) != SR_OK || (reduction < SR_NETS_REDUCTIONS && axes < 8));
    free(out), free(same), free(factors), free(shifts);
}

/* What was rounded is one of the numbers that the octets stand for. */
static void round_off(struct input *input, const float *in, size_t count) {
    const float step = number(input), back_step = number(input);
    const int32_t zero = (int32_t)take(input, 2) - 300, low = (int32_t)take(input, 2) - 300;
    const int32_t high = (int32_t)take(input, 2) - 300, back_zero = (int32_t)take(input, 2) - 300;
    const struct sr_nets_rounding rounding = {step, back_step, zero, low, high, back_zero};
    float *out = owned(NULL, count * sizeof *out);
    if (sr_nets_round(&rounding, in, count, out) == SR_OK)
        for (size_t i = 0; i < count; i++) {
            const float least = (float)(low - back_zero) * back_step, most = (float)(high - back_zero) * back_step;
            REQUIRE(out[i] >= least && out[i] <= most);
        }
    free(out);
}

static void move(struct input *input, struct sr_nets_shape shape, const float *in) {
    const struct sr_nets_shape made = shape_of(input), at = shape_of(input), step = shape_of(input);
    float *out = image_of(input, made);
    if (!out) return;
    struct sr_nets_resizing resizing = {.in = shape, .out = made};
    resizing.centres = (uint32_t)take(input, 1) % (SR_NETS_CENTRES + 1);
    resizing.between = (uint32_t)take(input, 1) % (SR_NETS_BETWEENS + 1);
    resizing.scale[0] = number(input), resizing.scale[1] = number(input);
    const uint32_t framing = (uint32_t)take(input, 1) % (SR_NETS_FRAMINGS + 1);
    const int resized = sr_nets_resize(&resizing, in, out);
    REQUIRE(resized != SR_OK || (resizing.centres < SR_NETS_CENTRES && resizing.between < SR_NETS_BETWEENS));
    REQUIRE(sr_nets_pad(in, &shape, &at, &made, framing, number(input), out) != SR_OK || framing < SR_NETS_FRAMINGS);
    /* What is placed can be cut out again. */
    const struct sr_nets_shape one = {1, 1, 1};
    if (sr_nets_place(in, &shape, &at, &made, out) == SR_OK) {
        float *again = owned(NULL, numbers_of(shape) * sizeof *again);
        REQUIRE(sr_nets_cut(out, &made, &at, &one, &shape, again) == SR_OK);
        REQUIRE(memcmp(again, in, numbers_of(shape) * sizeof *in) == 0);
        free(again);
    }
    sr_nets_cut(in, &shape, &at, &step, &made, out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    const struct sr_nets_shape shape = shape_of(&input);
    float *in = image_of(&input, shape);
    if (!in) return 0;
    slide(&input, shape, in), combine(&input, shape, in), move(&input, shape, in);
    if (numbers_of(shape)) each(&input, shape, in), round_off(&input, in, numbers_of(shape));
    free(in);
    return 0;
}
