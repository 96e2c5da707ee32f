#include "erasure/ops.h"
#include <immintrin.h>

typedef uint8_t reg __attribute__((vector_size(32)));
static inline reg lookup(reg table, reg at) { return (reg)_mm256_shuffle_epi8((__m256i)table, (__m256i)at); }
static inline reg everywhere(const uint8_t table[16]) {
    return (reg)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
}
#include "erasure/lookup.h"
const struct erasure_ops erasure_avx2 = {.add_up = add_up};
