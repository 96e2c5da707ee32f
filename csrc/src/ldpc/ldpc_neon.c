#include <arm_neon.h>
#include <stdint.h>

#define LANES 16
typedef uint8_t reg __attribute__((vector_size(LANES)));

static inline reg less_saturated(reg a, reg b) { return (reg)vqsubq_s8((int8x16_t)a, (int8x16_t)b); }
static inline reg plus_saturated(reg a, reg b) { return (reg)vqaddq_s8((int8x16_t)a, (int8x16_t)b); }
static inline reg magnitude(reg a) { return (reg)vabsq_s8((int8x16_t)a); }
static inline reg lesser(reg a, reg b) { return (reg)vminq_u8((uint8x16_t)a, (uint8x16_t)b); }
static inline reg greater(reg a, reg b) { return (reg)vmaxq_u8((uint8x16_t)a, (uint8x16_t)b); }
static inline reg where_equal(reg a, reg b, reg x, reg y) {
    return (reg)vbslq_u8(vceqq_u8((uint8x16_t)a, (uint8x16_t)b), (uint8x16_t)x, (uint8x16_t)y);
}
static inline reg with_sign(reg a, reg s) {
    const reg minus = (reg)vcltzq_s8((int8x16_t)s);
    return (a ^ minus) - minus;
}
static inline int all_negative(reg a) { return vminvq_u8((uint8x16_t)a) >= 0x80; }
#include "ldpc/decode.h"

const struct ldpc_ops ldpc_neon = {LANES, decode};
