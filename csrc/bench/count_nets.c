#include "count.h"
#include "skyrack/nets.h"

enum { SIDE = 24, CHANNELS = 32, OUTPUTS = 64 };
static const struct sr_nets_window window = {SIDE, SIDE, CHANNELS, OUTPUTS, 3, 1, 1, 1, 1, 1, SR_NETS_RELU};
static const struct sr_nets_window each = {SIDE, SIDE, CHANNELS, CHANNELS, 3, 1, 1, 1, 1, 1, SR_NETS_RELU};
static float in[SIDE * SIDE * CHANNELS], weights[9 * CHANNELS * OUTPUTS], out[4 * SIDE * SIDE * OUTPUTS];
static double packed[1 << 14], scratch[1 << 13];

static void fill_numbers(float *numbers, size_t count) {
    fill(numbers, count * sizeof *numbers);
    for (size_t i = 0; i < count; i++) numbers[i] = (float)((uint8_t *)numbers)[4 * i] / 128 - 1;
}

int main(void) {
    fill_numbers(in, sizeof in / sizeof *in), fill_numbers(weights, sizeof weights / sizeof *weights);
    sr_nets_pack(&window, weights, weights, packed, sizeof packed);
    struct sr_nets_check check = {.input_sum = sr_nets_sum(in, sizeof in / sizeof *in)};
    COUNT("3 x 3, 32 to 64 channels", sr_nets_conv(&window, packed, in, out, scratch, sizeof scratch, NULL));
    COUNT("3 x 3, 32 to 64 channels, checked", sr_nets_conv(&window, packed, in, out, scratch, sizeof scratch, &check));
    COUNT("depthwise", sr_nets_depthwise(&each, weights, weights, in, out));
    COUNT("bilinear", sr_nets_upsample_bilinear2(in, SIDE, SIDE, CHANNELS, out));
    COUNT("sigmoid", sr_nets_activate(in, sizeof in / sizeof *in, SR_NETS_SIGMOID, out));
    return 0;
}
