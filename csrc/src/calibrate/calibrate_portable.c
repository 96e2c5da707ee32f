#include "calibrate/loops.h"

static void unpack(const uint8_t *packed, size_t count, uint16_t *samples) { unpack_pairs(packed, count, samples); }

void calibrate_row_portable(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_blocks(packed, cols, dark, gain, out);
}
