#include <immintrin.h>
#include <stdint.h>

typedef uint8_t octets __attribute__((vector_size(16)));
static inline octets lookup(octets table, octets at) { return (octets)_mm_shuffle_epi8((__m128i)table, (__m128i)at); }

#include "secded/lookup.h"

SECDED_VOTE(vote3)
const struct secded_ops secded_avx2 = {.encode = encode, .vote3 = vote3};
