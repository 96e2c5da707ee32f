#include "image/loops.h"
#include <arm_neon.h>

/* Bit i: whether pixel i of 64 is water. Each lane is masked with its bit of an octet; sums of neighbouring lanes join
 * eight of them to that octet. */
static uint64_t water_of_64(const uint8_t *mask) {
    const uint8x16_t own_bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t part[4];
    for (int i = 0; i < 4; i++) {
        const uint8x16_t pixels = vld1q_u8(mask + 16 * i);
        part[i] = vandq_u8(vtstq_u8(pixels, pixels), own_bit);
    }
    uint8x16_t sums = vpaddq_u8(vpaddq_u8(part[0], part[1]), vpaddq_u8(part[2], part[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

#include "image/pack.h"
const struct image_ops image_neon = {difference_u8, difference_u16, above_u8, above_u16, majority_row, pack};
