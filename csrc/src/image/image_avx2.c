#include "image/loops.h"
#include <immintrin.h>
#include <string.h>

/* Water among 32 pixels, and among 64, one bit each. */
static uint32_t water_of_32(const uint8_t *mask) {
    __m256i land = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)mask), _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(land);
}

static uint64_t water_of_64(const uint8_t *mask) {
    return water_of_32(mask) | (uint64_t)water_of_32(mask + 32) << 32;
}

static void pack(const uint8_t *mask, size_t count, uint64_t *bits) {
    size_t at = 0;
    for (; at + 64 <= count; at += 64) bits[at / 64] = water_of_64(mask + at);
    if (at == count) return;
    uint8_t rest[64] = {0};
    memcpy(rest, mask + at, count - at);
    bits[at / 64] = water_of_64(rest);
}

const struct image_ops image_avx2 = {difference_u8, difference_u16, above_u8, above_u16, majority_row, pack};
