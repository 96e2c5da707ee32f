#define LANES 4
#include "calibrate/row.h"

static inline ints unpack(const uint8_t *packed) {
    return (ints){packed[0] << 4 | (packed[2] & 0xF), packed[1] << 4 | packed[2] >> 4,
                  packed[3] << 4 | (packed[5] & 0xF), packed[4] << 4 | packed[5] >> 4};
}

void calibrate_row_portable(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_steps(packed, cols, dark, gain, out);
}
