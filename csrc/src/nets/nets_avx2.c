#include "nets/ops.h"
#include <immintrin.h>

/* 12 sums, 2 weights, 1 splat number: 15 of 16 registers. */
#define LANES 8
#define VECS 2
#define PIXELS 6
typedef __m256 vec;
#define splat _mm256_set1_ps
#define multiply_add _mm256_fmadd_ps
/* By the instruction for vectors: for the one for single numbers, QEMU 7.2, where this is tested, reads 16 octets of
 * memory where there may be 4. */
static inline float fused(float a, float b, float sum) {
    return _mm_cvtss_f32(_mm_fmadd_ps(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(sum)));
}
static inline vec multiply_add_i16(vec a, vec b, vec sum) {
    const __m256i products = _mm256_madd_epi16(_mm256_castps_si256(a), _mm256_castps_si256(b));
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), products));
}
#include "nets/loops.h"

const struct nets_ops nets_avx2 = NETS_OPS;
