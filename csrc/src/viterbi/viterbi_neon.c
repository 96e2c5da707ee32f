/* The operations of viterbi/steps.h by NEON, in half as many instructions as the compiler makes of plain vectors. */
#include "viterbi/ops.h"
#include <arm_neon.h>

#define LANES 16
#define ABREAST 2
typedef uint8_t reg __attribute__((vector_size(16)));

static inline reg plus(reg a, reg b) { return (reg)vqaddq_u8((uint8x16_t)a, (uint8x16_t)b); }
static inline reg least(reg a, reg b) { return (reg)vminq_u8((uint8x16_t)a, (uint8x16_t)b); }
static inline uint32_t differ(reg a, reg b) {
    const reg bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t sums = (uint8x16_t)((reg)(a != b) & bits);
    for (int i = 0; i < 3; i++) sums = vpaddq_u8(sums, sums);
    return vgetq_lane_u16(vreinterpretq_u16_u8(sums), 0);
}
static inline reg every_second(reg a, reg b, int odd) {
    return (reg)(odd ? vuzp2q_u8((uint8x16_t)a, (uint8x16_t)b) : vuzp1q_u8((uint8x16_t)a, (uint8x16_t)b));
}
static inline reg look_up(uint32_t costs, reg at) {
    return (reg)vqtbl1q_u8(vreinterpretq_u8_u32(vdupq_n_u32(costs)), (uint8x16_t)at);
}

#include "viterbi/steps.h"
const struct viterbi_ops viterbi_neon = {.weigh = weigh, .run = run};
