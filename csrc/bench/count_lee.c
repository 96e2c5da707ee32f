#include "count.h"
#include "skyrack/lee.h"

enum { SIDE = 128 };
static float in[SIDE * SIDE], out[SIDE * SIDE];
static uint8_t scratch[1 << 16], noise[SIDE * SIDE];

int main(void) {
    fill(noise, sizeof noise);
    for (size_t i = 0; i < sizeof noise; i++) in[i] = -30.0F + (float)noise[i] / 16;
    COUNT("128 x 128", sr_lee7_f32(in, SIDE, SIDE, 4, out, scratch, sizeof scratch));
    return 0;
}
