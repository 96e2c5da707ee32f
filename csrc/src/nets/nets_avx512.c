#include "nets/ops.h"
#include <immintrin.h>

/* 28 sums, 2 weights, 1 splat number: 31 of 32 registers. */
#define LANES 16
#define VECS 2
#define PIXELS 14
typedef __m512 vec;
#define splat _mm512_set1_ps
#define multiply_add _mm512_fmadd_ps
#define fused __builtin_fmaf
static inline vec multiply_add_i16(vec a, vec b, vec sum) {
    const __m512i products = _mm512_madd_epi16(_mm512_castps_si512(a), _mm512_castps_si512(b));
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(sum), products));
}
#include "nets/loops.h"

const struct nets_ops nets_avx512 = NETS_OPS;
