#include "count.h"
#include "skyrack/disk.h"

enum { SIDE = 128 };
static float in[SIDE * SIDE], out[SIDE * SIDE];
static uint8_t scratch[1 << 16], noise[SIDE * SIDE], grown[SIDE * SIDE];

int main(void) {
    fill(noise, sizeof noise);
    for (size_t i = 0; i < sizeof noise; i++) in[i] = (float)noise[i] / 256;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = noise[i] > 250;
    COUNT("mean of radius 1", sr_disk_mean_f32(in, SIDE, SIDE, 1, out, scratch, sizeof scratch));
    COUNT("mean of radius 4", sr_disk_mean_f32(in, SIDE, SIDE, 4, out, scratch, sizeof scratch));
    COUNT("dilation of radius 2", sr_disk_dilate_u8(noise, SIDE, SIDE, 2, grown, scratch, sizeof scratch));
    return 0;
}
