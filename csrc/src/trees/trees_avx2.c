#include "trees_ops.h"
#include <immintrin.h>

#define LANES 32
typedef __m256i reg;

static inline uint32_t up_to(reg codes, uint8_t level) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(codes, _mm256_set1_epi8((char)level)), codes));
}

#include "trees_lanes.h"
TREES_QUANTISE(quantise_f32, float)
TREES_QUANTISE(quantise_f64, double)
const struct trees_ops trees_avx2 = TREES_OPS;
