/* The convolutional code of CCSDS 131.0-B-4 §3: rate 1/2, constraint length 7, and its soft-decision decoder.
 *
 * Each bit gives two symbols, C1 with 171 octal and C2 with 133 octal complemented. Bits and symbols are packed eight
 * to an octet, the first one in the most significant bit. A soft symbol is an octet: 0 a certain 0, 255 a certain 1,
 * 128 nothing known. Punctured rates leave symbols out: the receiver puts 128 in their places. */
#ifndef SKYRACK_VITERBI_H
#define SKYRACK_VITERBI_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum {
    SR_VITERBI_BLOCK = 3840,  /* bits that are decided on together */
    SR_VITERBI_CONTEXT = 128, /* bits before and after a block that are looked at as well: 18 constraint lengths */
    SR_VITERBI_BLOCKS = 8     /* blocks that are decoded side by side */
};

/* Encode `octets` octets of data to twice as many of symbols, C1 C2 C1 C2 ...
 *   history  the six bits before these, the last one in bit 0: 0 at the start of a stream; updated for the next call */
void sr_conv_encode(const uint8_t *data, size_t octets, uint8_t *symbols, uint8_t *history);

/* Octets of scratch for sr_viterbi_decode. */
size_t sr_viterbi_scratch(void);

/* Decide on bits `first` to `first` + `count` - 1 of the `bits` whose symbols are given.
 *   soft     2 * bits symbols
 *   out      (count + 7) / 8 octets; bits beyond the last are 0
 * Bits are decided on in blocks of SR_VITERBI_BLOCK from `first` on, each by maximum likelihood over the block and as
 * much of SR_VITERBI_CONTEXT before and after it as is given. So pieces of a stream give what the whole would, if each
 * begins at a multiple of SR_VITERBI_BLOCK and has its context with it. Metrics have 8 bits and saturate, distances of
 * symbols from 128 are rounded to 32 steps: that costs less than 0.02 dB where symbols lie 32 to 64 from 128 on
 * average. All levels decide alike.
 * Returns SR_OK; SR_BAD_ARGUMENT where the bits asked for are not among those given; SR_TOO_SMALL for the scratch. */
int sr_viterbi_decode(const uint8_t *soft, size_t bits, size_t first, size_t count, uint8_t *out, void *scratch,
                      size_t scratch_size);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_viterbi(void);

#ifdef __cplusplus
}
#endif
#endif
