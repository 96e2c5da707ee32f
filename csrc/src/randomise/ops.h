/* What a level brings to the randomisers: the XOR. Its file is the loop below, compiled for its registers. */
#ifndef SKYRACK_SRC_RANDOMISE_OPS_H
#define SKYRACK_SRC_RANDOMISE_OPS_H
#include "skyrack/randomise.h"

/* XOR `length` octets of `key` onto each of `count` frames. */
typedef void randomise_add(uint8_t *frames, size_t stride, size_t count, const uint8_t *key, size_t length);
extern randomise_add randomise_add_portable, randomise_add_avx2;

static inline void randomise_add_loop(uint8_t *frames, size_t stride, size_t count, const uint8_t *restrict key,
                                      size_t length) {
    for (size_t frame = 0; frame < count; frame++) {
        uint8_t *restrict octets = frames + frame * stride;
        for (size_t i = 0; i < length; i++) octets[i] ^= key[i];
    }
}
#endif
