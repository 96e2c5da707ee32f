/* What the levels of the CRC family share.
 *
 * Both CRCs work on one `state`: the remainder as an octet string, first octet lowest. XORed onto the first octets of
 * what follows, it stands for everything before; so one code serves the two bit orders, with tables for each.
 *
 * Folding replaces 16 octets by as many that mean the same some distance further on: H x^64 + L stands D bits ahead as
 * H (x^(D + 64) mod P) + L (x^D mod P), two carry-less products. */
#ifndef SKYRACK_SRC_CRC_OPS_H
#define SKYRACK_SRC_CRC_OPS_H
#include "skyrack/crc.h"
#include <string.h>

/* Distances, in octets. The first four are those of four neighbours to the last of them. */
enum crc_ahead { CRC_BY_48, CRC_BY_32, CRC_BY_16, CRC_BY_0, CRC_BY_64, CRC_BY_256, CRC_AHEAD };

struct crc_code {
    uint32_t table[16][256];      /* table[k][v]: the state after octet v and k zero octets */
    uint64_t ahead[CRC_AHEAD][2]; /* for each distance the multipliers of a register's low and high half */
    uint8_t order[16];            /* the order of octets in a register: reversed where the first bit is the highest */
};
extern const struct crc_code crc16_code, crc32c_code;

struct crc_ops {
    /* The state after `size` octets. */
    uint32_t (*update)(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size);
    /* out[i]: the state after frame i, each frame beginning with `state`. */
    void (*batch)(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                  size_t count, uint32_t *out);
};
extern const struct crc_ops crc_portable, crc_avx2, crc_avx512, crc_neon;

static inline uint64_t crc_load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

/* The state after sixteen octets, given as two words, the state before added to the first of them: one table look-up
 * for each octet, by how many octets come after it. The last octets come first, for only the first ones depend on the
 * state. */
static inline uint32_t crc_slice16(const uint32_t table[16][256], uint64_t first, uint64_t second) {
    uint32_t sum = 0;
    for (int i = 7; i >= 0; i--) sum ^= table[7 - i][second >> 8 * i & 0xFF];
    for (int i = 7; i >= 0; i--) sum ^= table[15 - i][first >> 8 * i & 0xFF];
    return sum;
}

static inline uint32_t crc_octets(const uint32_t table[16][256], uint32_t state, const uint8_t *octets, size_t size) {
    for (size_t i = 0; i < size; i++) state = state >> 8 ^ table[0][(state ^ octets[i]) & 0xFF];
    return state;
}

/* What is left of a state when `size` octets have used up as many of its own. */
static inline uint32_t crc_rest(uint32_t state, size_t size) { return size < 4 ? state >> 8 * size : 0; }
#endif
