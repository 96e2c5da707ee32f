#define LANES 8
#include "calibrate/row.h"
#include <immintrin.h>

/* Three octets have two samples: one octet of each sample's own, and one that both share. Each sample gets 16 bits, its
 * own octet above the shared one; then a shift by four, or a mask, takes the other sample's bits out. Reads 16
 * octets. */
static inline ints unpack(const uint8_t *packed) {
    const __m256i pairs = _mm256_setr_epi8(2, 0, -1, -1, 2, 1, -1, -1, 5, 3, -1, -1, 5, 4, -1, -1, /* */
                                           8, 6, -1, -1, 8, 7, -1, -1, 11, 9, -1, -1, 11, 10, -1, -1);
    __m256i octets = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)packed));
    ints both = (ints)_mm256_shuffle_epi8(octets, pairs), second = both >> 4;
    ints first = (second & 0xFF0) | (both & 0xF);
    return (ints)_mm256_blend_epi32((__m256i)first, (__m256i)second, 0xAA);
}

void calibrate_row_avx2(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_steps(packed, cols, dark, gain, out);
}
