#include "calibrate/loops.h"
#include <immintrin.h>

enum { STEP = 16, LANE_OCTETS = 12, STEP_OCTETS_READ = LANE_OCTETS + 16 };

/* 16 samples from 24 octets; reads 28. A sample's two octets come together first, (upper << 8 | shared), then shift apart. */
static __m256i unpack_16(const uint8_t *packed) {
    const __m256i pairs = _mm256_broadcastsi128_si256(_mm_setr_epi8(2, 0, 2, 1, 5, 3, 5, 4, 8, 6, 8, 7, 11, 9, 11, 10));
    __m128i low = _mm_loadu_si128((const __m128i *)packed);
    __m128i high = _mm_loadu_si128((const __m128i *)(packed + LANE_OCTETS));
    __m256i both = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), pairs), second = _mm256_srli_epi16(both, 4);
    __m256i first = _mm256_or_si256(_mm256_and_si256(second, _mm256_set1_epi16(0xFF0)),
                                    _mm256_and_si256(both, _mm256_set1_epi16(0xF)));
    return _mm256_blend_epi16(first, second, 0xAA);
}

static void unpack(const uint8_t *packed, size_t count, uint16_t *samples) {
    size_t at = 0;
    for (; (count - at) / 2 * 3 >= STEP_OCTETS_READ; at += STEP, packed += 2 * LANE_OCTETS)
        _mm256_storeu_si256((__m256i *)(samples + at), unpack_16(packed));
    unpack_pairs(packed, count - at, samples + at);
}

void calibrate_row_avx2(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_blocks(packed, cols, dark, gain, out);
}
