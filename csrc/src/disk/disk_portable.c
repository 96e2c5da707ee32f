#include <stdint.h>

#define WIDTH 16

/* Eight octets at a time: their lowest bits are moved together, or apart, by a multiplication. */
static inline uint64_t pack64(const uint8_t *mask) {
    const uint64_t low = 0x0101010101010101, high = 0x8080808080808080;
    uint64_t bits = 0;
    for (int octet = 0; octet < 8; octet++) {
        uint64_t eight = 0;
        for (int i = 0; i < 8; i++) eight |= (uint64_t)mask[8 * octet + i] << 8 * i;
        uint64_t ones = (((eight & ~high) + ~high) | eight) >> 7 & low;
        bits |= (ones * 0x0102040810204080 >> 56) << 8 * octet;
    }
    return bits;
}

static inline void unpack64(uint64_t bits, uint8_t *mask) {
    const uint64_t low = 0x0101010101010101;
    for (int octet = 0; octet < 8; octet++) {
        uint64_t places = (bits >> 8 * octet & 0xFF) * low & 0x8040201008040201; /* bit i in octet i */
        uint64_t ones = (places + 0x7F * low) >> 7 & low;
        for (int i = 0; i < 8; i++) mask[8 * octet + i] = (uint8_t)(ones >> 8 * i);
    }
}

#include "disk/loops.h"

const struct disk_ops disk_portable = DISK_OPS;
