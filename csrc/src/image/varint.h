/* LEB128 numbers in octet streams of known size. */
#ifndef SKYRACK_SRC_IMAGE_VARINT_H
#define SKYRACK_SRC_IMAGE_VARINT_H
#include "skyrack/base.h"

/* Octets to be written; once one does not fit, `used` is greater than `size` and nothing more is written. */
struct writer {
    uint8_t *out;
    size_t size, used;
};

static inline void put_octet(struct writer *to, uint8_t octet) {
    if (to->used < to->size) to->out[to->used] = octet;
    to->used++;
}

static inline void put_varint(struct writer *to, uint32_t value) {
    for (; value >= 0x80; value >>= 7) put_octet(to, (uint8_t)(value | 0x80));
    put_octet(to, (uint8_t)value);
}

/* Octets to be read. */
struct reader {
    const uint8_t *octets;
    size_t size, at;
};

/* The longest a number may be: four octets, 28 bits, which numbers every pixel of the largest image. */
enum { VARINT_OCTETS = 4 };

/* Returns 0 where the stream ends too early or the number is longer than it need be or may be. */
static inline int get_varint(struct reader *from, uint32_t *value) {
    *value = 0;
    for (unsigned i = 0; i < VARINT_OCTETS && from->at < from->size; i++) {
        uint8_t octet = from->octets[from->at++];
        *value |= (uint32_t)(octet & 0x7F) << (7 * i);
        if (octet < 0x80) return octet != 0 || i == 0;
    }
    return 0;
}
#endif
