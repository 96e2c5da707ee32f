#include <stdint.h>

#define LANES 16
typedef uint8_t reg __attribute__((vector_size(LANES)));
typedef int8_t signed_octets __attribute__((vector_size(LANES)));

static inline reg negative(reg a) { return (reg)((signed_octets)a < 0); }
static inline reg choose(reg mask, reg x, reg y) { return y ^ ((x ^ y) & mask); }
static inline reg less_saturated(reg a, reg b) {
    const reg difference = a - b;
    return choose(negative((a ^ b) & (a ^ difference)), 127 ^ -(a >> 7), difference);
}
static inline reg plus_saturated(reg a, reg b) {
    const reg sum = a + b;
    return choose(negative((a ^ sum) & (b ^ sum)), 127 ^ -(a >> 7), sum);
}
static inline reg with_sign(reg a, reg s) { return (a ^ negative(s)) - negative(s); }
static inline reg magnitude(reg a) { return with_sign(a, a); }
static inline reg lesser(reg a, reg b) { return choose((reg)(a < b), a, b); }
static inline reg greater(reg a, reg b) { return choose((reg)(a < b), b, a); }
static inline reg where_equal(reg a, reg b, reg x, reg y) { return choose((reg)(a == b), x, y); }
static inline int all_negative(reg a) {
    typedef uint64_t words __attribute__((vector_size(LANES)));
    const words signs = (words)a;
    return (~(signs[0] & signs[1]) & 0x8080808080808080) == 0;
}
#include "ldpc/decode.h"

const struct ldpc_ops ldpc_portable = {LANES, decode};
