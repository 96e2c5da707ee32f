/* What the levels of the Viterbi decoder share.
 *
 * A state is the last six bits, the newest in bit 5. State n is reached from the even state 2 n mod 64 and from the odd
 * one after it. Of the four branches between states 2 i and 2 i + 1 and states i and i + 32, i < 32, the one from 2 i
 * to i has the symbols VITERBI_OUTPUT(i), and so has the one from 2 i + 1 to i + 32; the others have their
 * complement. */
#ifndef SKYRACK_SRC_VITERBI_OPS_H
#define SKYRACK_SRC_VITERBI_OPS_H
#include "level.h"
#include "skyrack/viterbi.h"
#include <string.h>

enum { VITERBI_SPAN = SR_VITERBI_BLOCK + 2 * SR_VITERBI_CONTEXT, VITERBI_STATES = 64, VITERBI_RENORM = 8 };

/* One block on its way through the decoder, with room for its steps. */
struct viterbi_block {
    uint32_t *costs;                 /* what the symbols 00, 01, 10, 11 cost at each step, an octet each from bit 0 */
    uint64_t *choices;               /* at each step, bit n: whether state n was reached from the odd one of its two */
    uint8_t metrics[VITERBI_STATES]; /* the cost of the best path to each state, after the last step */
};

struct viterbi_ops {
    /* Fill in `costs` for `steps` pairs of symbols. */
    void (*weigh)(const uint8_t *soft, size_t steps, struct viterbi_block *block);
    /* Run `steps` steps of `count` blocks, from metrics that are all 0. May also run blocks behind these, for which
     * there is memory. */
    void (*run)(struct viterbi_block *blocks, size_t count, size_t steps);
};
extern const struct viterbi_ops viterbi_portable, viterbi_avx2, viterbi_avx512, viterbi_neon;

/* C1 C2 of the branch from state 2 i when a bit 0 comes in: parities under 171 and 133 octal, C2 complemented. */
#define VITERBI_PARITY(x) (0x6996 >> (((x) ^ (x) >> 4) & 15) & 1)
#define VITERBI_OUTPUT(i) (VITERBI_PARITY(2 * (i) & 0171) << 1 | (VITERBI_PARITY(2 * (i) & 0133) ^ 1))
#define VITERBI_4(f, i) f(i), f((i) + 1), f((i) + 2), f((i) + 3)
#define VITERBI_8(f, i) VITERBI_4(f, i), VITERBI_4(f, (i) + 4)
#define VITERBI_32(f) VITERBI_8(f, 0), VITERBI_8(f, 8), VITERBI_8(f, 16), VITERBI_8(f, 24)

/* What a pair of symbols costs where 00, 01, 10 or 11 is expected: for each symbol how far it lies on the wrong side of
 * 128, as 0..32, rounded after the subtraction, so that both sides are alike. A plain loop for the vectoriser, which
 * each level compiles for its own vectors. */
static inline void viterbi_weigh(const uint8_t *restrict soft, size_t steps, uint32_t *restrict costs) {
    for (size_t i = 0; i < steps; i++) {
        uint32_t a = soft[2 * i], b = soft[2 * i + 1];
        uint32_t a0 = ((a > 126 ? a : 126) - 126) >> 2, a1 = (130 - (a < 130 ? a : 130)) >> 2;
        uint32_t b0 = ((b > 126 ? b : 126) - 126) >> 2, b1 = (130 - (b < 130 ? b : 130)) >> 2;
        costs[i] = a0 * 0x00000101 + a1 * 0x01010000 + b0 * 0x00010001 + b1 * 0x01000100;
    }
}
#define VITERBI_WEIGH                                                                                                  \
    static void weigh(const uint8_t *soft, size_t steps, struct viterbi_block *block) {                                \
        viterbi_weigh(soft, steps, block->costs);                                                                      \
    }
#endif
