/* The comparison of trees_lanes.h in sixteen lanes of whatever vectors the compiler has. */
#include "trees_ops.h"

#define LANES 16
typedef uint8_t reg __attribute__((vector_size(16)));

static inline uint32_t up_to(reg codes, uint8_t level) {
    uint64_t lanes[2];
    reg below = (reg)(codes <= level);
    memcpy(lanes, &below, sizeof lanes);
    uint64_t low = (lanes[0] & 0x8040201008040201) * 0x0101010101010101 >> 56;
    uint64_t high = (lanes[1] & 0x8040201008040201) * 0x0101010101010101 >> 56;
    return (uint32_t)(low | high << 8);
}

#include "trees_lanes.h"
