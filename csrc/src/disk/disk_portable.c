#include <stdint.h>
#include <string.h>

#define WIDTH 16

typedef uint8_t octets __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));
#define EACH ((uint64_t)0x0101010101010101)
static const octets PLACES = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};

/* Octet i of eight becomes bit i: where it is not 0 it is replaced by 1 << i, and a multiplication adds up all eight in
 * its highest octet. */
static inline uint64_t pack64(const uint8_t *mask) {
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
        octets sixteen;
        memcpy(&sixteen, mask + 16 * i, 16);
        const halves weighed = (halves)((octets)(sixteen != 0) & PLACES);
        bits |= (weighed[0] * EACH >> 56 | weighed[1] * EACH >> 56 << 8) << 16 * i;
    }
    return bits;
}

static inline void unpack64(uint64_t bits, uint8_t *mask) {
    for (int i = 0; i < 4; i++, bits >>= 16) {
        const halves held = {(bits & 0xFF) * EACH, (bits >> 8 & 0xFF) * EACH};
        const octets ones = (octets)(((octets)held & PLACES) != 0) & 1;
        memcpy(mask + 16 * i, &ones, 16);
    }
}

#include "disk/loops.h"

const struct disk_ops disk_portable = DISK_OPS;
