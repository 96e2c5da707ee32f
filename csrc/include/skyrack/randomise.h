/* Pseudo-randomisers: frames XORed with a fixed sequence that begins anew with each frame, so that the channel sees
 * enough transitions. Applying one twice gives the frame back. */
#ifndef SKYRACK_RANDOMISE_H
#define SKYRACK_RANDOMISE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum sr_randomise_code {
    SR_RANDOMISE_TM255 = 0,    /* CCSDS 131.0-B-4 §10.4.1: x^8+x^7+x^5+x^3+1, period 255 bits */
    SR_RANDOMISE_TM131071 = 1, /* CCSDS 131.0-B-5 §10.4.1: x^17+x^14+1, period 131071 bits */
    SR_RANDOMISE_TC = 2        /* CCSDS 231.0-B-4 §6.3: x^8+x^6+x^4+x^3+x^2+x+1, period 255 bits */
};

/* XOR each of `count` frames, in place, with the sequence of `code`.
 *   frames    frame i is `length` octets at frames + i * stride
 *   stride    at least `length` where there is more than one frame: an octet belongs to one frame
 * Returns SR_OK, or SR_BAD_ARGUMENT for an unknown code or overlapping frames, leaving them as they were. */
int sr_randomise(uint8_t *frames, size_t stride, size_t length, size_t count, int code);

/* Self-test: the sequences begin as the standards print them. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_randomise(void);

#ifdef __cplusplus
}
#endif
#endif
