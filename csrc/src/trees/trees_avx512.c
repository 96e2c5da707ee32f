/* A set of samples is a row of masks of 64 bits, one for each register of codes. All are looked at, also those that have
 * become empty: to skip them costs more in mispredicted branches than it saves. */
#include "trees_ops.h"
#include <immintrin.h>

enum { WORDS = TREES_BLOCK / 64 };

struct visit {
    uint64_t set[WORDS];
    uint16_t node;
};

static inline void add_leaf(const uint64_t *set, double leaf, double *sums) {
    const __m512d value = _mm512_set1_pd(leaf);
    for (int w = 0; w < WORDS; w++)
        for (uint64_t rest = set[w]; rest;) {
            int at = __builtin_ctzll(rest) & ~7;
            double *eight = sums + 64 * w + at;
            __mmask8 which = (__mmask8)(set[w] >> at);
            _mm512_storeu_pd(eight, _mm512_mask_add_pd(_mm512_loadu_pd(eight), which, _mm512_loadu_pd(eight), value));
            rest &= ~(0xFFULL << at);
        }
}

/* Part `set`: samples up to the level stay, the others go to `right`. Bit 0 of the result: some stay; bit 1: some go. */
static inline unsigned part(uint64_t *set, uint64_t *right, const uint8_t *column, uint8_t level) {
    const __m512i levels = _mm512_set1_epi8((char)level);
    uint64_t some_left = 0, some_right = 0;
    for (int w = 0; w < WORDS; w++) {
        uint64_t left = _mm512_mask_cmple_epu8_mask(set[w], _mm512_loadu_si512(column + 64 * w), levels);
        right[w] = set[w] ^ left, set[w] = left;
        some_left |= left, some_right |= right[w];
    }
    return (some_left != 0) | (some_right != 0) << 1;
}

static void add(const struct trees_node *root, const double *leaves, const uint8_t *codes, double *sums) {
    struct visit stack[SR_TREES_DEPTH_MAX + 1], now = {.node = 0};
    size_t depth = 0;
    memset(now.set, 0xFF, sizeof now.set);
    for (;;) {
        const struct trees_node *node = root + now.node;
        if (node->feature == TREES_LEAF) {
            add_leaf(now.set, leaves[node->next], sums);
            if (!depth) return;
            now = stack[--depth];
            continue;
        }
        struct visit *right = stack + depth;
        unsigned sides = part(now.set, right->set, codes + (size_t)node->feature * TREES_BLOCK, node->level);
        right->node = node->next;
        if (!(sides & 1)) now = *right;
        else now.node++, depth += sides >> 1;
    }
}

TREES_QUANTISE(quantise_f32, float)
TREES_QUANTISE(quantise_f64, double)
const struct trees_ops trees_avx512 = TREES_OPS;
