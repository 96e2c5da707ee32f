/* Words in memory that survive upsets: single error correction, double error detection, and votes among three copies.
 *
 * SECDED(72,64): to each word of 8 octets belongs a check octet, kept in an array of its own. A Hsiao code (1970):
 * every column has odd weight, so a wrong bit gives an odd syndrome and two give an even one. The column of bit b of
 * octet j is SEED[j] rotated left by b, SEED = 07 0B 0D 13 15 19 25 1F; that of check bit i is 1 << i. */
#ifndef SKYRACK_SECDED_H
#define SKYRACK_SECDED_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

struct sr_scrub_report {
    uint64_t corrected;           /* words with one wrong bit, in data or check: put right */
    uint64_t uncorrectable;       /* words with more: left as they are */
    uint64_t first_uncorrectable; /* number of the first such word; valid where there is one */
};

/* Check octets for `words` words of `data`: checks[i] for the octets 8 i to 8 i + 7. No overlap. */
void sr_secded_encode(const uint8_t *data, size_t words, uint8_t *checks);

/* Read every word once and correct single wrong bits, in `data` and in `checks`. */
void sr_secded_scrub(uint8_t *data, size_t words, uint8_t *checks, struct sr_scrub_report *report);

/* Majority, bit by bit, of three copies of `size` octets.
 *   out        may be any of the copies, or apart from them
 *   dissents   per copy, octets in which it differs from the majority */
void sr_vote3(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t size, uint8_t *out, uint64_t dissents[3]);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_secded(void);

#ifdef __cplusplus
}
#endif
#endif
