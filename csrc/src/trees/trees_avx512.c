#include "trees/ops.h"
#include <immintrin.h>

typedef uint64_t reg __attribute__((vector_size(64)));

static inline unsigned any(reg bits) { return _mm512_test_epi64_mask((__m512i)bits, (__m512i)bits) != 0; }

static inline uint64_t up_to(const uint8_t *codes, uint8_t level) {
    return _mm512_cmple_epu8_mask(_mm512_loadu_si512(codes), _mm512_set1_epi8((char)level));
}

static inline uint64_t filled(const uint8_t *octets) {
    __m512i bits = _mm512_loadu_si512(octets);
    return _mm512_test_epi8_mask(bits, bits);
}

static inline void add_eight(uint8_t bits, double leaf, double *sums) {
    __m512d eight = _mm512_loadu_pd(sums);
    _mm512_storeu_pd(sums, _mm512_mask_add_pd(eight, bits, eight, _mm512_set1_pd(leaf)));
}

#include "trees/loops.h"
#include "trees/walk.h"
const struct trees_ops trees_avx512 = {
    .quantise_f32 = quantise_f32, .quantise_f64 = quantise_f64, .compare = compare, .add = add};
