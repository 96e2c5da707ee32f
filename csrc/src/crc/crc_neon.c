/* Folding with PMULL, which is an option of aarch64: the Cortex-A76 of a Pi 5 has it, the A72 of a Pi 4 does not. */
#include "crc/ops.h"
#include <arm_neon.h>
#include <sys/auxv.h>

typedef uint8_t reg __attribute__((vector_size(16)));
#define TARGET __attribute__((target("+crypto")))

static inline TARGET reg ahead(reg octets, reg by) {
    poly64x2_t a = (poly64x2_t)octets, b = (poly64x2_t)by;
    return (reg)vmull_p64(a[0], b[0]) ^ (reg)vmull_high_p64(a, b);
}
static inline TARGET reg lookup(reg octets, reg from) { return (reg)vqtbl1q_u8((uint8x16_t)octets, (uint8x16_t)from); }

#include "crc/fold.h"

static int has_pmull(void) {
    enum { PMULL = 1 << 4 }; /* HWCAP_PMULL of <asm/hwcap.h> */
    return (getauxval(AT_HWCAP) & PMULL) != 0;
}

static uint32_t update_any(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    return (has_pmull() ? update : crc_portable.update)(code, state, octets, size);
}

static void batch_any(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                      size_t count, uint32_t *out) {
    (has_pmull() ? batch : crc_portable.batch)(code, state, frames, stride, length, count, out);
}

const struct crc_ops crc_neon = {update_any, batch_any};
