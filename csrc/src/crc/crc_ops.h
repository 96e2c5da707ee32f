/* What the levels of the CRC family share.
 *
 * Both CRCs work on one `state`: the remainder as an octet string, first octet lowest. XORed onto the first octets of what
 * follows, it stands for everything before; so one code serves the two bit orders, with a table and constants for each. */
#ifndef SKYRACK_SRC_CRC_OPS_H
#define SKYRACK_SRC_CRC_OPS_H
#include "skyrack/crc.h"
#include <string.h>

struct crc_code {
    uint32_t table[16][256]; /* table[k][v]: the state after octet v and k zero octets */
};
extern const struct crc_code crc16_code, crc32c_code;

struct crc_ops {
    /* The state after `size` octets. */
    uint32_t (*update)(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size);
    /* out[i]: the state after frame i, each frame beginning with `state`. */
    void (*batch)(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                  size_t count, uint32_t *out);
};
extern const struct crc_ops crc_portable;

static inline uint64_t crc_load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

/* Sixteen octets, given as two words, at once: each octet's table knows how many octets come after it. */
static inline uint32_t crc_slice16(const uint32_t table[16][256], uint64_t first, uint64_t second) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < 8; i++) sum ^= table[15 - i][first >> 8 * i & 0xFF] ^ table[7 - i][second >> 8 * i & 0xFF];
    return sum;
}

static inline uint32_t crc_octets(const uint32_t table[16][256], uint32_t state, const uint8_t *octets, size_t size) {
    for (size_t i = 0; i < size; i++) state = state >> 8 ^ table[0][(state ^ octets[i]) & 0xFF];
    return state;
}
#endif
