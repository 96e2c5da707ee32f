/* Multiplication by shift and add, on words of eight octets, a block of words at a time for the vectoriser: each input
 * is doubled seven times, and after each doubling it is added to those sums whose factor has that bit. */
#include "erasure/ops.h"

enum { WORDS = 32, BLOCK = 8 * WORDS };

static inline uint64_t doubled(uint64_t octets) {
    uint64_t carries = octets >> 7 & 0x0101010101010101;
    return (octets << 1 & 0xFEFEFEFEFEFEFEFE) ^ carries * 0x1D;
}

static void add_up(const struct erasure_sums *sums, size_t size) {
    for (size_t at = 0; at < size; at += BLOCK) {
        size_t length = size - at < BLOCK ? size - at : BLOCK;
        uint64_t totals[ERASURE_OUTS][WORDS] = {0}, term[WORDS] = {0};
        for (size_t j = 0; j < sums->ins; j++) {
            memcpy(term, sums->in[j] + at, length);
            for (int bit = 0; bit < 8; bit++) {
                for (size_t r = 0; r < sums->outs; r++) {
                    if (!(sums->factors[r][j] >> bit & 1)) continue;
                    for (int i = 0; i < WORDS; i++) totals[r][i] ^= term[i];
                }
                for (int i = 0; i < WORDS; i++) term[i] = doubled(term[i]);
            }
        }
        for (size_t r = 0; r < sums->outs; r++) memcpy(sums->out[r] + at, totals[r], length);
    }
}

const struct erasure_ops erasure_portable = {.add_up = add_up};
