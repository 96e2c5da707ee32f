#include <immintrin.h>
#include <stdint.h>

#define WIDTH 32

static inline uint64_t pack32(const uint8_t *mask) {
    const __m256i octets = _mm256_loadu_si256((const __m256i *)mask);
    return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(octets, _mm256_setzero_si256()));
}

static inline uint64_t pack64(const uint8_t *mask) { return pack32(mask) | pack32(mask + 32) << 32; }

/* Octet i of the result: whether bit i is set; it gets the octet of `bits` that has bit i, and masks that bit. */
static inline void unpack32(uint32_t bits, uint8_t *mask) {
    const __m256i holder = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i place = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    const __m256i held = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), holder);
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(held, place), place);
    _mm256_storeu_si256((__m256i *)mask, _mm256_and_si256(is_set, _mm256_set1_epi8(1)));
}

static inline void unpack64(uint64_t bits, uint8_t *mask) {
    unpack32((uint32_t)bits, mask), unpack32((uint32_t)(bits >> 32), mask + 32);
}

#include "disk/loops.h"

const struct disk_ops disk_avx2 = DISK_OPS;
