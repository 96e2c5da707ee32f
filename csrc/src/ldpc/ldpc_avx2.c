#include <immintrin.h>
#include <stdint.h>

#define LANES 32
typedef uint8_t reg __attribute__((vector_size(LANES)));

static inline reg less_saturated(reg a, reg b) { return (reg)_mm256_subs_epi8((__m256i)a, (__m256i)b); }
static inline reg plus_saturated(reg a, reg b) { return (reg)_mm256_adds_epi8((__m256i)a, (__m256i)b); }
static inline reg magnitude(reg a) { return (reg)_mm256_abs_epi8((__m256i)a); }
static inline reg lesser(reg a, reg b) { return (reg)_mm256_min_epu8((__m256i)a, (__m256i)b); }
static inline reg greater(reg a, reg b) { return (reg)_mm256_max_epu8((__m256i)a, (__m256i)b); }
static inline reg where_equal(reg a, reg b, reg x, reg y) {
    return (reg)_mm256_blendv_epi8((__m256i)y, (__m256i)x, (__m256i)(a == b));
}
/* The instruction gives 0 where s is 0, hence the 1, which leaves the sign as it is. */
static inline reg with_sign(reg a, reg s) { return (reg)_mm256_sign_epi8((__m256i)a, (__m256i)(s | 1)); }
static inline int all_negative(reg a) { return _mm256_movemask_epi8((__m256i)a) == -1; }
#include "ldpc/decode.h"

const struct ldpc_ops ldpc_avx2 = {LANES, decode};
