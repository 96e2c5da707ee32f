#include "nets/ops.h"
#include <immintrin.h>

/* 12 sums, 2 weights, 1 splat number: 15 of 16 registers. */
#define LANES 8
#define VECS 2
#define PIXELS 6
typedef __m256 vec;
#define splat _mm256_set1_ps
#define multiply_add _mm256_fmadd_ps
#define fused __builtin_fmaf
static inline vec multiply_add_i16(vec a, vec b, vec sum) {
    const __m256i products = _mm256_madd_epi16(_mm256_castps_si256(a), _mm256_castps_si256(b));
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), products));
}
#include "nets/loops.h"

const struct nets_ops nets_avx2 = NETS_OPS;
