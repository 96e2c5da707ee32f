/* pack() of struct image_ops, 64 pixels at a time. The file that includes this has defined water_of_64(mask): bit i of
 * the result says whether pixel i is water. */
#include <string.h>

static void pack(const uint8_t *mask, size_t count, uint64_t *bits) {
    size_t at = 0;
    for (; at + 64 <= count; at += 64) bits[at / 64] = water_of_64(mask + at);
    if (at == count) return;
    uint8_t rest[64] = {0};
    memcpy(rest, mask + at, count - at);
    bits[at / 64] = water_of_64(rest);
}
