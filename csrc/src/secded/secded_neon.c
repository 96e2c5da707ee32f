#include <arm_neon.h>
#include <stdint.h>

typedef uint8_t octets __attribute__((vector_size(16)));
static inline octets lookup(octets table, octets at) { return (octets)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)at); }

#include "secded/lookup.h"

SECDED_VOTE(vote3)
const struct secded_ops secded_neon = {.encode = encode, .vote3 = vote3};
