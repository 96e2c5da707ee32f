#include "nets/ops.h"

enum { SIDE = 16, CHANNELS = 5, OUTPUTS = 35 };

/* Small whole numbers, whose sums of products are exact on every level. */
static float number(size_t i) { return (float)((int)(i * 7 % 11) - 5); }

static float expected(const float *in, const float *weights, size_t row, size_t col, size_t output) {
    float sum = number(output);
    for (size_t tap = 0; tap < 9; tap++) {
        const size_t y = row + tap / 3 - 1, x = col + tap % 3 - 1;
        if (y >= SIDE || x >= SIDE) continue; /* also where it has wrapped below 0 */
        for (size_t c = 0; c < CHANNELS; c++)
            sum += in[(y * SIDE + x) * CHANNELS + c] * weights[(tap * CHANNELS + c) * OUTPUTS + output];
    }
    return sum < 0 ? 0 : sum;
}

/* A checked convolution gives the expected numbers, and its check notices a changed number of the input. */
int sr_selftest_nets(void) {
    const struct sr_nets_window window = {SIDE, SIDE, CHANNELS, OUTPUTS, 3, 1, 1, 1, 1, 1, SR_NETS_RELU};
    float in[SIDE * SIDE * CHANNELS], weights[9 * CHANNELS * OUTPUTS], bias[OUTPUTS], out[SIDE * SIDE * OUTPUTS];
    double packed[2048], scratch[4096];
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) in[i] = number(3 * i + i / 16);
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) weights[i] = number(5 * i + i / 7);
    for (size_t i = 0; i < OUTPUTS; i++) bias[i] = number(i);
    if (sr_nets_pack(&window, weights, bias, packed, sizeof packed) != SR_OK) return SR_CORRUPT;
    struct sr_nets_check check = {.input_sum = sr_nets_sum(in, sizeof in / sizeof *in)};
    if (sr_nets_conv(&window, packed, in, out, scratch, sizeof scratch, &check) != SR_OK) return SR_CORRUPT;
    for (size_t i = 0; i < SIDE * SIDE; i += 5)
        for (size_t k = 0; k < OUTPUTS; k++)
            if (out[i * OUTPUTS + k] != expected(in, weights, i / SIDE, i % SIDE, k)) return SR_CORRUPT;
    in[7] += 1;
    return sr_nets_conv(&window, packed, in, out, scratch, sizeof scratch, &check) == SR_CORRUPT ? SR_OK : SR_CORRUPT;
}
