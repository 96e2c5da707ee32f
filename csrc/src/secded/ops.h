/* What the levels of SECDED and of the vote share: the columns of the code, in the forms that levels use. */
#ifndef SKYRACK_SRC_SECDED_OPS_H
#define SKYRACK_SRC_SECDED_OPS_H
#include "level.h"
#include "skyrack/secded.h"
#include "span.h"
#include <string.h>

#define SECDED_SEEDS(OF) {OF(0x07), OF(0x0B), OF(0x0D), OF(0x13), OF(0x15), OF(0x19), OF(0x25), OF(0x1F)}
#define SECDED_COLUMN(seed, bit) (((seed) << (bit) | (seed) >> (8 - (bit))) & 0xFF)

struct secded_ops {
    void (*encode)(const uint8_t *data, size_t words, uint8_t *checks);
    void (*vote3)(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t size, uint8_t *out,
                  uint64_t dissents[3]);
};
extern const struct secded_ops secded_portable, secded_avx2, secded_avx512, secded_neon;

/* The check octets by one word at a time; wider code uses this for its last words. */
void secded_encode_words(const uint8_t *data, size_t words, uint8_t *checks);

enum { VOTE_BLOCK = 192 }; /* octets: whole registers, and few enough for counters of 8 bits */

/* The vote, as a plain loop for the vectoriser, which each level compiles for its own vectors. */
static inline __attribute__((always_inline)) void secded_vote(const uint8_t *a, const uint8_t *b, const uint8_t *c,
                                                              size_t size, uint8_t *out, uint64_t dissents[3]) {
    uint64_t from_a = 0, from_b = 0, from_c = 0;
    while (size) {
        size_t block = size < VOTE_BLOCK ? size : VOTE_BLOCK;
        uint8_t block_a = 0, block_b = 0, block_c = 0;
        uint8_t voted[VOTE_BLOCK];
        for (size_t i = 0; i < block; i++) {
            voted[i] = (uint8_t)((a[i] & b[i]) | (c[i] & (a[i] | b[i])));
            block_a += a[i] != voted[i], block_b += b[i] != voted[i], block_c += c[i] != voted[i];
        }
        memcpy(out, voted, block);
        from_a += block_a, from_b += block_b, from_c += block_c;
        a += block, b += block, c += block, out += block, size -= block;
    }
    dissents[0] = from_a, dissents[1] = from_b, dissents[2] = from_c;
}
#define SECDED_VOTE(name)                                                                                              \
    static void name(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t size, uint8_t *out,                  \
                     uint64_t dissents[3]) {                                                                           \
        secded_vote(a, b, c, size, out, dissents);                                                                     \
    }
#endif
