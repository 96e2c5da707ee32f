#include <immintrin.h>
#include <stdint.h>

#define LANES 64
typedef uint8_t reg __attribute__((vector_size(LANES)));

static inline reg less_saturated(reg a, reg b) { return (reg)_mm512_subs_epi8((__m512i)a, (__m512i)b); }
static inline reg plus_saturated(reg a, reg b) { return (reg)_mm512_adds_epi8((__m512i)a, (__m512i)b); }
static inline reg magnitude(reg a) { return (reg)_mm512_abs_epi8((__m512i)a); }
static inline reg lesser(reg a, reg b) { return (reg)_mm512_min_epu8((__m512i)a, (__m512i)b); }
static inline reg greater(reg a, reg b) { return (reg)_mm512_max_epu8((__m512i)a, (__m512i)b); }
static inline reg where_equal(reg a, reg b, reg x, reg y) {
    return (reg)_mm512_mask_mov_epi8((__m512i)y, _mm512_cmpeq_epi8_mask((__m512i)a, (__m512i)b), (__m512i)x);
}
static inline reg with_sign(reg a, reg s) {
    return (reg)_mm512_mask_sub_epi8((__m512i)a, _mm512_movepi8_mask((__m512i)s), _mm512_setzero_si512(), (__m512i)a);
}
static inline int all_negative(reg a) { return _mm512_movepi8_mask((__m512i)a) == ~0ULL; }
#include "ldpc/decode.h"

const struct ldpc_ops ldpc_avx512 = {LANES, decode};
