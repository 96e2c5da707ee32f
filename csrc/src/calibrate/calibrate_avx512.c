#include "calibrate/loops.h"
#include <immintrin.h>

enum { STEP = 32, STEP_OCTETS = 48 };

/* Where the two octets of each of 32 samples lie: the shared one, then the one of its own. */
static const uint8_t PAIRS[64] = {
    2,  0,  2,  1,  5,  3,  5,  4,  8,  6,  8,  7,  11, 9,  11, 10, 14, 12, 14, 13, 17, 15, 17, 16, 20, 18, 20, 19, 23, 21, 23, 22,
    26, 24, 26, 25, 29, 27, 29, 28, 32, 30, 32, 31, 35, 33, 35, 34, 38, 36, 38, 37, 41, 39, 41, 40, 44, 42, 44, 43, 47, 45, 47, 46};

static __m512i unpack_32(__m512i packed) {
    __m512i both = _mm512_permutexvar_epi8(_mm512_loadu_si512(PAIRS), packed), second = _mm512_srli_epi16(both, 4);
    __m512i first = _mm512_or_si512(_mm512_and_si512(second, _mm512_set1_epi16(0xFF0)),
                                    _mm512_and_si512(both, _mm512_set1_epi16(0xF)));
    return _mm512_mask_blend_epi16(0xAAAAAAAA, first, second);
}

static void unpack(const uint8_t *packed, size_t count, uint16_t *samples) {
    for (; count >= STEP; count -= STEP, packed += STEP_OCTETS, samples += STEP)
        _mm512_storeu_si512(samples, unpack_32(_mm512_maskz_loadu_epi8((1ULL << STEP_OCTETS) - 1, packed)));
    __mmask64 octets = (1ULL << (count / 2 * 3)) - 1;
    _mm512_mask_storeu_epi16(samples, (1U << count) - 1, unpack_32(_mm512_maskz_loadu_epi8(octets, packed)));
}

void calibrate_row_avx512(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out) {
    calibrate_blocks(packed, cols, dark, gain, out);
}
