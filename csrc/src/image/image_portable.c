#include "image/loops.h"

static void above_u8(const uint8_t *restrict green, const uint8_t *restrict swir1, size_t count,
                     const uint8_t land_max[256], uint8_t *restrict mask) {
    for (size_t i = 0; i < count; i++) mask[i] = green[i] > land_max[swir1[i]];
}

static void pack(const uint8_t *mask, size_t count, uint64_t *bits) {
    for (size_t at = 0; at < count; at += 64) {
        size_t width = count - at < 64 ? count - at : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < width; i++) word |= (uint64_t)(mask[at + i] != 0) << i;
        bits[at / 64] = word;
    }
}

const struct image_ops image_portable = {difference_u8, difference_u16, above_u8, mndwi_above_u16, majority_row, pack};
