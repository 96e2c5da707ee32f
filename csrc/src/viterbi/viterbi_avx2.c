#include "viterbi/ops.h"
#include <immintrin.h>

#define LANES 32
#define ABREAST 4
typedef uint8_t reg __attribute__((vector_size(32)));

static inline reg plus(reg a, reg b) { return (reg)_mm256_adds_epu8((__m256i)a, (__m256i)b); }
static inline reg least(reg a, reg b) { return (reg)_mm256_min_epu8((__m256i)a, (__m256i)b); }
static inline uint32_t differ(reg a, reg b) { return (uint32_t)_mm256_movemask_epi8((__m256i)(a != b)); }
static inline reg every_second(reg a, reg b, int odd) {
    const __m256i apart = _mm256_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15, /* in each lane */
                                           0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    __m256i x = _mm256_shuffle_epi8((__m256i)a, apart), y = _mm256_shuffle_epi8((__m256i)b, apart);
    return (reg)_mm256_permute4x64_epi64(odd ? _mm256_unpackhi_epi64(x, y) : _mm256_unpacklo_epi64(x, y), 0xD8);
}
static inline reg look_up(uint32_t costs, reg at) {
    return (reg)_mm256_shuffle_epi8(_mm256_set1_epi32((int)costs), (__m256i)at);
}

#include "viterbi/steps.h"
const struct viterbi_ops viterbi_avx2 = {.weigh = weigh, .run = run};
