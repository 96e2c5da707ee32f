/* Sixty-four words at a time. In each register the octets are permuted so that eight octets with the same matrix lie
 * together; one affine instruction applies all eight matrices, and a tree of exclusive ors adds up their results. */
#include "secded/ops.h"
#include <immintrin.h>

/* Row i of the matrix of an octet: which of its bits reach check bit i. GF2P8AFFINEQB has row 0 in the top octet. */
#define BIT(seed, i, b) ((uint64_t)(SECDED_COLUMN(seed, b) >> (i) & 1) << (b))
#define ROW(seed, i)                                                                                                   \
    ((BIT(seed, i, 0) | BIT(seed, i, 1) | BIT(seed, i, 2) | BIT(seed, i, 3) | BIT(seed, i, 4) | BIT(seed, i, 5) |      \
      BIT(seed, i, 6) | BIT(seed, i, 7))                                                                               \
     << (56 - 8 * (i)))
#define MATRIX(seed)                                                                                                   \
    (ROW(seed, 0) | ROW(seed, 1) | ROW(seed, 2) | ROW(seed, 3) | ROW(seed, 4) | ROW(seed, 5) | ROW(seed, 6) |          \
     ROW(seed, 7))
static const uint64_t MATRICES[8] = SECDED_SEEDS(MATRIX);

static inline __m512i pairs(__m512i a, __m512i b) {
    return _mm512_xor_si512(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}
static inline __m512i lanes(__m512i a, __m512i b) {
    return _mm512_xor_si512(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xDD));
}

static void encode(const uint8_t *data, size_t words, uint8_t *checks) {
    uint8_t from[64];
    for (int i = 0; i < 64; i++) from[i] = (uint8_t)(i % 8 * 8 + i / 8);
    const __m512i order = _mm512_loadu_si512(from), matrices = _mm512_loadu_si512(MATRICES);
#define PART(i)                                                                                                        \
    _mm512_gf2p8affine_epi64_epi8(_mm512_permutexvar_epi8(order, _mm512_loadu_si512(data + 64 * (i))), matrices, 0)
    for (; words >= 64; words -= 64, data += 512, checks += 64) {
        __m512i first = lanes(pairs(PART(0), PART(1)), pairs(PART(2), PART(3)));
        __m512i second = lanes(pairs(PART(4), PART(5)), pairs(PART(6), PART(7)));
        _mm512_storeu_si512(checks, lanes(first, second));
    }
    secded_encode_words(data, words, checks);
}

SECDED_VOTE(vote3)
const struct secded_ops secded_avx512 = {.encode = encode, .vote3 = vote3};
