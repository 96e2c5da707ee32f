#include "image/loops.h"
#include <immintrin.h>

static void pack(const uint8_t *mask, size_t count, uint64_t *bits) {
    for (size_t at = 0; at < count; at += 64) {
        __mmask64 within = count - at < 64 ? (1ULL << (count - at)) - 1 : ~0ULL;
        __m512i pixels = _mm512_maskz_loadu_epi8(within, mask + at);
        bits[at / 64] = _mm512_test_epi8_mask(pixels, pixels);
    }
}

const struct image_ops image_avx512 = {difference_u8, difference_u16, above_u8, above_u16, majority_row, pack};
