#include <immintrin.h>
#include <stdint.h>

#define WIDTH 64

static inline uint64_t pack64(const uint8_t *mask) {
    const __m512i octets = _mm512_loadu_si512(mask);
    return _mm512_test_epi8_mask(octets, octets);
}

static inline void unpack64(uint64_t bits, uint8_t *mask) {
    _mm512_storeu_si512(mask, _mm512_maskz_set1_epi8(bits, 1));
}

#include "disk/loops.h"

const struct disk_ops disk_avx512 = DISK_OPS;
