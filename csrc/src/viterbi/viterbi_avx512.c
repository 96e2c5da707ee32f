/* All 64 states in one register: two permutations bring each state its two predecessors. Eight blocks are run side by
 * side, since each step of a block waits for the one before. */
#include "viterbi/ops.h"
#include <immintrin.h>

#define EVEN(i) (2 * (i))
#define ODD(i) (2 * (i) + 1)
#define COMPLEMENT(i) (VITERBI_OUTPUT(i) ^ 3)
static const uint8_t EVENS[64] = {VITERBI_32(EVEN), VITERBI_32(EVEN)}, ODDS[64] = {VITERBI_32(ODD), VITERBI_32(ODD)};
static const uint8_t OUTPUTS[64] = {VITERBI_32(VITERBI_OUTPUT), VITERBI_32(COMPLEMENT)};

static inline __m512i without_smallest(__m512i metrics) {
    __m256i m = _mm256_min_epu8(_mm512_castsi512_si256(metrics), _mm512_extracti64x4_epi64(metrics, 1));
    __m128i n = _mm_min_epu8(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
    n = _mm_minpos_epu16(_mm_min_epu8(n, _mm_srli_epi16(n, 8)));
    return _mm512_subs_epu8(metrics, _mm512_broadcastb_epi8(n));
}

static inline __m512i step(struct viterbi_block *block, size_t t, __m512i metrics) {
    const __m512i same_at = _mm512_loadu_si512(OUTPUTS), other_at = _mm512_xor_si512(same_at, _mm512_set1_epi8(3));
    const __m512i costs = _mm512_set1_epi32((int)block->costs[t]);
    __m512i a = _mm512_permutexvar_epi8(_mm512_loadu_si512(EVENS), metrics);
    __m512i b = _mm512_permutexvar_epi8(_mm512_loadu_si512(ODDS), metrics);
    a = _mm512_adds_epu8(a, _mm512_shuffle_epi8(costs, same_at));
    b = _mm512_adds_epu8(b, _mm512_shuffle_epi8(costs, other_at));
    block->choices[t] = _mm512_cmplt_epu8_mask(b, a);
    return _mm512_min_epu8(a, b);
}

static void run(struct viterbi_block *blocks, size_t count, size_t steps) {
    (void)count; /* the unused blocks have memory too, and cost nothing while others wait */
    __m512i metrics[SR_VITERBI_BLOCKS];
    for (int b = 0; b < SR_VITERBI_BLOCKS; b++) metrics[b] = _mm512_setzero_si512();
    for (size_t t = 0; t < steps; t++) {
        for (int b = 0; b < SR_VITERBI_BLOCKS; b++) metrics[b] = step(blocks + b, t, metrics[b]);
        if (t % VITERBI_RENORM == VITERBI_RENORM - 1)
            for (int b = 0; b < SR_VITERBI_BLOCKS; b++) metrics[b] = without_smallest(metrics[b]);
    }
    for (int b = 0; b < SR_VITERBI_BLOCKS; b++) _mm512_storeu_si512(blocks[b].metrics, metrics[b]);
}

VITERBI_WEIGH
const struct viterbi_ops viterbi_avx512 = {.weigh = weigh, .run = run};
