/* The functions of struct image_ops as plain loops for the vectoriser, which each level compiles for its own
 * vectors. */
#include "image/ops.h"
#include <math.h>

/* Both operands are exact in binary32 (at most 17 bits), so the only rounding is the division's. */
static inline float normalised_difference(int32_t a, int32_t b) {
    float sum = (float)(a + b), quotient = (float)(a - b) / sum;
    return isnan(quotient) ? __builtin_nanf("") : quotient; /* processors differ in the NaN of 0/0 */
}

static void difference_u8(const uint8_t *restrict a, const uint8_t *restrict b, size_t count, float *restrict out) {
    for (size_t i = 0; i < count; i++) out[i] = normalised_difference(a[i], b[i]);
}

static void difference_u16(const uint16_t *restrict a, const uint16_t *restrict b, size_t count, float *restrict out) {
    for (size_t i = 0; i < count; i++) out[i] = normalised_difference(a[i], b[i]);
}

/* a / b > over / under, multiplied out: exact in twice the width. */
static void above_u8(const uint8_t *restrict a, const uint8_t *restrict b, size_t count, struct ratio ratio,
                     uint8_t *restrict mask) {
    for (size_t i = 0; i < count; i++) mask[i] = (uint16_t)(a[i] * ratio.under) > (uint16_t)(b[i] * ratio.over);
}

static void above_u16(const uint16_t *restrict a, const uint16_t *restrict b, size_t count, struct ratio ratio,
                      uint8_t *restrict mask) {
    for (size_t i = 0; i < count; i++) mask[i] = (uint32_t)a[i] * ratio.under > (uint32_t)b[i] * ratio.over;
}

static void majority_row(const uint8_t *restrict above, const uint8_t *restrict here, const uint8_t *restrict below,
                         size_t cols, uint8_t *restrict out) {
    uint8_t sums[SR_IMAGE_SIDE_MAX + 2]; /* water in each column of three rows; the outermost columns stand twice */
    for (size_t c = 0; c < cols; c++) sums[c + 1] = (uint8_t)((above[c] != 0) + (here[c] != 0) + (below[c] != 0));
    sums[0] = sums[1], sums[cols + 1] = sums[cols];
    for (size_t c = 0; c < cols; c++) out[c] = (uint8_t)(sums[c] + sums[c + 1] + sums[c + 2]) >= 5;
}
