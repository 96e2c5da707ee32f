/* The filter, bit-sliced: every position of the stream is one bit of a register. The stream shifted by j bits, XORed
 * with bit j of the marker, tells for all positions at once whether bit j is wrong; full adders count that in planes.
 * The file that includes this has defined LANES, words of 64 bits in a register, and may have its own
 *     SHIFT(word, next, by)   the 64 bits of each lane that begin `by` bits, 0..63, after those of `word`
 *     ODD(a, b, c)            the sum of three bits
 *     TWO(a, b, c)            its carry: at least two of them */
#include "sync/ops.h"

typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));
#define INLINE static inline __attribute__((always_inline))

#ifndef SHIFT
#define SHIFT(word, next, by) ((word) << (by) | (next) >> 1 >> (63 - (by)))
#endif
#ifndef ODD
#define ODD(a, b, c) ((a) ^ (b) ^ (c))
#define TWO(a, b, c) (((a) & (b)) | ((c) & ((a) ^ (b))))
#endif

INLINE lanes load(const uint8_t *octets) {
    lanes value;
    for (int i = 0; i < LANES; i++) value[i] = sync_load64(octets + 8 * i);
    return value;
}

/* Add eight bits of each position to its count. */
INLINE void add8(lanes count[SYNC_PLANES], lanes a, lanes b, lanes c, lanes d, lanes e, lanes f, lanes g, lanes h) {
    lanes abc = ODD(a, b, c), def = ODD(d, e, f), all = ODD(abc, def, g);
    lanes abc2 = TWO(a, b, c), def2 = TWO(d, e, f), all2 = TWO(abc, def, g);
    lanes carry = TWO(count[0], all, h);
    count[0] = ODD(count[0], all, h);
    lanes twos = ODD(abc2, def2, all2), fours = TWO(abc2, def2, all2);
    lanes next = TWO(count[1], twos, carry);
    count[1] = ODD(count[1], twos, carry);
    carry = TWO(count[2], fours, next);
    count[2] = ODD(count[2], fours, next);
    for (int i = 3; i < SYNC_PLANES; i++) {
        next = count[i] & carry;
        count[i] ^= carry;
        carry = next;
    }
}

/* Where a marker may begin, by the first 8 * groups of its bits. */
INLINE lanes places(const struct sync_pattern *pattern, const uint8_t *octets, unsigned groups) {
    const lanes word = load(octets), next = load(octets + 8), none = {0};
    const uint64_t *flip = pattern->flip;
    lanes count[SYNC_PLANES] = {none, none, none, none, none, none, none};
#define WRONG(j) (SHIFT(word, next, j) ^ flip[j])
#define ADD(j)                                                                                                         \
    add8(count, WRONG(j), WRONG((j) + 1), WRONG((j) + 2), WRONG((j) + 3), WRONG((j) + 4), WRONG((j) + 5),              \
         WRONG((j) + 6), WRONG((j) + 7))
    ADD(0);
    ADD(8);
    if (groups > 2) ADD(16);
    if (groups > 3) ADD(24);
    if (groups > 4) {
        ADD(32);
        ADD(40);
        ADD(48);
        ADD(56);
    }
#undef WRONG
#undef ADD
    lanes above = none, reached = ~none;
    for (int i = 0; i < SYNC_PLANES; i++) {
        above = TWO(above, count[i], none | pattern->few[i]);
        reached = TWO(reached, count[i], none | pattern->many[i]);
    }
    return ~above | reached;
}

INLINE size_t scan(const struct sync_pattern *pattern, const uint8_t *octets, size_t size, size_t at,
                   uint64_t found[SYNC_LANES_MAX], unsigned groups) {
    for (; size - at >= 8 * LANES + 8; at += 8 * LANES) {
        lanes here = places(pattern, octets + at, groups);
        uint64_t any = 0;
        for (int i = 0; i < LANES; i++) any |= here[i];
        if (any) {
            memcpy(found, &here, sizeof here);
            break;
        }
    }
    return at;
}

static size_t next_block(const struct sync_pattern *pattern, const uint8_t *octets, size_t size, size_t at,
                         uint64_t found[SYNC_LANES_MAX]) {
    switch (pattern->groups) {
    case 2: return scan(pattern, octets, size, at, found, 2);
    case 3: return scan(pattern, octets, size, at, found, 3);
    case 4: return scan(pattern, octets, size, at, found, 4);
    default: return scan(pattern, octets, size, at, found, 8);
    }
}
