#include "image/loops.h"
#include <immintrin.h>

/* Bit i: whether pixel i of 32, or of 64, is water. */
static uint32_t water_of_32(const uint8_t *mask) {
    __m256i land = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)mask), _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(land);
}

static uint64_t water_of_64(const uint8_t *mask) { return water_of_32(mask) | (uint64_t)water_of_32(mask + 32) << 32; }

#include "image/pack.h"
const struct image_ops image_avx2 = {difference_u8, difference_u16, above_u8, above_u16, majority_row, pack};
