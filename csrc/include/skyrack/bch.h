/* BCH(63,56), the code of telecommand codeblocks (CCSDS 231.0-B-4 §3).
 *
 * A codeblock is 8 octets: 7 of information, then 7 parity bits, complemented, and a filler bit 0.
 * g(x) = x^7 + x^6 + x^2 + 1; distance 4, so one wrong bit is corrected while two are noticed. */
#ifndef SKYRACK_BCH_H
#define SKYRACK_BCH_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_BCH_DATA = 7, SR_BCH_BLOCK = 8 };

/* Encode `blocks` times 7 octets of `data` to `blocks` times 8 octets of `out`; no overlap. */
void sr_bch_encode(const uint8_t *data, size_t blocks, uint8_t *out);

/* Decode `blocks` codeblocks one by one.
 *   data       7 octets each: corrected, or as received where the block cannot be
 *   corrected  per block: 0 clean, 1 one bit put right, -1 more than one is wrong
 * The filler bit is not looked at. No overlap. */
void sr_bch_decode(const uint8_t *codeblocks, size_t blocks, uint8_t *data, int8_t *corrected);

/* Self-test against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_bch(void);

#ifdef __cplusplus
}
#endif
#endif
