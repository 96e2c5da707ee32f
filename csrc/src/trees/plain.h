/* trees/walk.h for plain vectors of 16 octets, which compilers translate to what the processor has. */
#include "trees/ops.h"

typedef uint64_t reg __attribute__((vector_size(16)));

static inline unsigned any(reg bits) { return (bits[0] | bits[1]) != 0; }

static inline uint64_t up_to(const uint8_t *codes, uint8_t level) {
    typedef uint8_t octets __attribute__((vector_size(16)));
    uint64_t row = 0;
    for (int i = 0; i < 64; i += 16) {
        octets some;
        uint64_t lanes[2];
        memcpy(&some, codes + i, sizeof some);
        octets below = (octets)(some <= level);
        memcpy(lanes, &below, sizeof lanes);
        uint64_t low = (lanes[0] & 0x8040201008040201) * 0x0101010101010101 >> 56;
        uint64_t high = (lanes[1] & 0x8040201008040201) * 0x0101010101010101 >> 56;
        row |= (low | high << 8) << i;
    }
    return row;
}

static inline uint64_t filled(const uint8_t *octets) {
    uint64_t row = 0;
    for (int i = 0; i < 64; i += 8) {
        uint64_t eight;
        memcpy(&eight, octets + i, sizeof eight);
        const uint64_t low = 0x7F7F7F7F7F7F7F7F;
        row |= ((((eight & low) + low) | eight) >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56 << i;
    }
    return row;
}

static inline void add_eight(uint8_t bits, double leaf, double *sums) {
    typedef double two __attribute__((vector_size(16)));
    static const uint64_t LANES[4][2] = {{0, 0}, {~0ULL, 0}, {0, ~0ULL}, {~0ULL, ~0ULL}};
    for (int i = 0; i < 8; i += 2) {
        two some;
        reg set;
        memcpy(&some, sums + i, sizeof some), memcpy(&set, LANES[bits >> i & 3], sizeof set);
        some += (two)((reg)(two){leaf, leaf} & set);
        memcpy(sums + i, &some, sizeof some);
    }
}

#include "trees/walk.h"
