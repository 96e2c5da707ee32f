#define LANES 16
#include "calibrate/row.h"
#include <immintrin.h>

/* For each sample where its shared octet lies and where its own; the two places of -1 are masked out. */
/* clang-format off */
static const int8_t PAIRS[64] = {
    2,  0,  -1, -1, 2,  1,  -1, -1, 5,  3,  -1, -1, 5,  4,  -1, -1, 8,  6,  -1, -1, 8,  7,  -1, -1,
    11, 9,  -1, -1, 11, 10, -1, -1, 14, 12, -1, -1, 14, 13, -1, -1, 17, 15, -1, -1, 17, 16, -1, -1,
    20, 18, -1, -1, 20, 19, -1, -1, 23, 21, -1, -1, 23, 22, -1, -1};
/* clang-format on */

/* Three octets have two samples: one octet of each sample's own, and one that both share. Each sample gets 16 bits, its
 * own octet above the shared one; then a shift by four, or a mask, takes the other sample's bits out. Reads 32
 * octets. */
static inline ints unpack(const uint8_t *packed) {
    __m512i octets = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)packed));
    ints both = (ints)_mm512_maskz_permutexvar_epi8(0x3333333333333333, _mm512_loadu_si512(PAIRS), octets);
    ints second = both >> 4, first = (second & 0xFF0) | (both & 0xF);
    return (ints)_mm512_mask_blend_epi32(0xAAAA, (__m512i)first, (__m512i)second);
}

void calibrate_row_avx512(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_steps(packed, cols, dark, gain, out);
}
