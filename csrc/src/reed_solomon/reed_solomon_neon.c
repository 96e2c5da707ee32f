/* Finds errors in sixteen codewords at a time. Encodes as the portable level does, since look-ups in registers would be
 * no faster. */
#include "reed_solomon/ops.h"
#include "reed_solomon/tables.h"
#include <arm_neon.h>

enum { LANES = 16 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));

INLINE lanes lookup(const rs_lookup *table, lanes index) {
    return (lanes)vqtbl1q_u8(vld1q_u8((const uint8_t *)table), (uint8x16_t)index);
}
INLINE lanes least(lanes a, lanes b) { return (lanes)vminq_u8((uint8x16_t)a, (uint8x16_t)b); }
INLINE uint64_t mask_of(lanes v) {
    static const uint8_t BITS[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bits = vandq_u8((uint8x16_t)v, vld1q_u8(BITS));
    return vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

static void parity(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *out, size_t out_stride,
                   size_t count) {
    rs_portable.parity(code, data, data_stride, out, out_stride, count);
}
static uint64_t receive(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch) {
    return rs_portable.receive(code, blocks, stride, count, batch);
}

#include "reed_solomon/nibbles.h"
#include "reed_solomon/solve.h"

const struct rs_ops rs_neon = {parity, receive, solve, LANES, 0};
