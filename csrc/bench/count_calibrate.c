#include "count.h"
#include "skyrack/calibrate.h"

enum { ROWS = 64, COLS = 512, STRIDE = COLS * 3 / 2 };
static uint8_t packed[ROWS * STRIDE];
static float dark[COLS], gain[COLS];
static uint16_t out[ROWS * COLS];

int main(void) {
    fill(packed, sizeof packed);
    for (size_t i = 0; i < COLS; i++) dark[i] = 60.0F + (float)(i % 7), gain[i] = 1.0F + (float)(i % 5) / 16;
    COUNT("64 rows of 512 samples", sr_calibrate_raw12(packed, STRIDE, ROWS, COLS, dark, gain, 0, out));
    return 0;
}
