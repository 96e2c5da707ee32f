/* Multiplication by a constant is one affine instruction, whose 8 x 8 matrix comes from memory. Two registers of each
 * input go to four sums at a time. */
#include "erasure/ops.h"
#include <immintrin.h>

enum { STEP = 128 };

static inline void add_block(const struct erasure_sums *sums, uint64_t (*matrices)[ERASURE_OUTS], size_t at,
                             __mmask64 first, __mmask64 second) {
    __m512i totals[ERASURE_OUTS][2];
    for (size_t r = 0; r < ERASURE_OUTS; r++) totals[r][0] = totals[r][1] = _mm512_setzero_si512();
    for (size_t j = 0; j < sums->ins; j++) {
        const __m512i a = _mm512_maskz_loadu_epi8(first, sums->in[j] + at);
        const __m512i b = _mm512_maskz_loadu_epi8(second, sums->in[j] + at + 64);
        for (size_t r = 0; r < ERASURE_OUTS; r++) {
            const __m512i matrix = _mm512_set1_epi64((long long)matrices[j][r]);
            totals[r][0] = _mm512_xor_si512(totals[r][0], _mm512_gf2p8affine_epi64_epi8(a, matrix, 0));
            totals[r][1] = _mm512_xor_si512(totals[r][1], _mm512_gf2p8affine_epi64_epi8(b, matrix, 0));
        }
    }
    for (size_t r = 0; r < sums->outs; r++) {
        _mm512_mask_storeu_epi8(sums->out[r] + at, first, totals[r][0]);
        _mm512_mask_storeu_epi8(sums->out[r] + at + 64, second, totals[r][1]);
    }
}

static inline __mmask64 up_to(size_t octets) { return octets < 64 ? (1ULL << octets) - 1 : ~0ULL; }

static void add_up(const struct erasure_sums *sums, size_t size) {
    uint64_t matrices[SR_ERASURE_SHARDS_MAX][ERASURE_OUTS] = {{0}};
    for (size_t j = 0; j < sums->ins; j++)
        for (size_t r = 0; r < sums->outs; r++) matrices[j][r] = erasure_matrix[sums->factors[r][j]];
    size_t at = 0;
    for (; at + STEP <= size; at += STEP) add_block(sums, matrices, at, ~0ULL, ~0ULL);
    size_t rest = size - at;
    if (rest) add_block(sums, matrices, at, up_to(rest), up_to(rest < 64 ? 0 : rest - 64));
}

const struct erasure_ops erasure_avx512 = {.add_up = add_up};
