#include "trees/ops.h"
#include <immintrin.h>

typedef uint64_t reg __attribute__((vector_size(32)));

static inline unsigned any(reg bits) { return !_mm256_testz_si256((__m256i)bits, (__m256i)bits); }

static inline uint32_t half_up_to(const uint8_t *codes, uint8_t level) {
    __m256i some = _mm256_loadu_si256((const __m256i *)codes);
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(_mm256_min_epu8(some, _mm256_set1_epi8((char)level)), some));
}

static inline uint64_t up_to(const uint8_t *codes, uint8_t level) {
    return half_up_to(codes, level) | (uint64_t)half_up_to(codes + 32, level) << 32;
}

static inline uint32_t empty(const uint8_t *octets) {
    __m256i bits = _mm256_loadu_si256((const __m256i *)octets);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bits, _mm256_setzero_si256()));
}

static inline uint64_t filled(const uint8_t *octets) { return ~(empty(octets) | (uint64_t)empty(octets + 32) << 32); }

static inline void add_eight(uint8_t bits, double leaf, double *sums) {
    const __m256i all = _mm256_set1_epi64x(bits);
    for (int i = 0; i < 8; i += 4) {
        const __m256i lanes = _mm256_setr_epi64x(1 << i, 2 << i, 4 << i, 8 << i);
        __m256d set = _mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(all, lanes), lanes));
        __m256d added = _mm256_and_pd(_mm256_set1_pd(leaf), set);
        _mm256_storeu_pd(sums + i, _mm256_add_pd(_mm256_loadu_pd(sums + i), added));
    }
}

#include "trees/loops.h"
#include "trees/walk.h"
const struct trees_ops trees_avx2 = {
    .quantise_f32 = quantise_f32, .quantise_f64 = quantise_f64, .compare = compare, .add = add};
