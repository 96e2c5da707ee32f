/* The loops over pixels that each level has of its own; all else of this family is the same code on every level. */
#ifndef SKYRACK_SRC_IMAGE_OPS_H
#define SKYRACK_SRC_IMAGE_OPS_H
#include "level.h"
#include "skyrack/image.h"

/* The fraction over / under, of numbers as wide as the bands'; 1 / 0 is greater than all others. */
struct ratio {
    uint16_t over, under;
};

struct image_ops {
    void (*difference_u8)(const uint8_t *a, const uint8_t *b, size_t count, float *out);
    void (*difference_u16)(const uint16_t *a, const uint16_t *b, size_t count, float *out);
    /* mask[i] = 1 where a[i] / b[i] > ratio, else 0; 0/0 is not greater */
    void (*above_u8)(const uint8_t *a, const uint8_t *b, size_t count, struct ratio ratio, uint8_t *mask);
    void (*above_u16)(const uint16_t *a, const uint16_t *b, size_t count, struct ratio ratio, uint8_t *mask);
    /* One row of the majority filter, given the rows above and below. */
    void (*majority_row)(const uint8_t *above, const uint8_t *here, const uint8_t *below, size_t cols, uint8_t *out);
    /* Bit i % 64 of bits[i / 64] = pixel i is water; zero bits fill the last word. */
    void (*pack)(const uint8_t *mask, size_t count, uint64_t *bits);
};

extern const struct image_ops image_portable, image_avx2, image_avx512, image_neon;

const struct image_ops *image_ops(void);

/* True where both sides are legal. */
static inline int image_shape(size_t rows, size_t cols) {
    return rows - 1 < SR_IMAGE_SIDE_MAX && cols - 1 < SR_IMAGE_SIDE_MAX;
}
#endif
