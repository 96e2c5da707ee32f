#include "image/loops.h"

static void pack(const uint8_t *mask, size_t count, uint64_t *bits) {
    for (size_t at = 0; at < count; at += 64) {
        size_t width = count - at < 64 ? count - at : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < width; i++) word |= (uint64_t)(mask[at + i] != 0) << i;
        bits[at / 64] = word;
    }
}

const struct image_ops image_portable = {difference_u8, difference_u16, above_u8, above_u16, majority_row, pack};
