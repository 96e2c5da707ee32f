/* What the levels of the marker search share: a filter that finds where a marker may be, 64 positions a lane. */
#ifndef SKYRACK_SRC_SYNC_OPS_H
#define SKYRACK_SRC_SYNC_OPS_H
#include "skyrack/sync.h"
#include <string.h>

enum { SYNC_LANES_MAX = 8, SYNC_PLANES = 7 }; /* planes: bits of a count of 0..64 */

struct sync_pattern {
    uint64_t flip[64]; /* each bit of the marker, the first one first, in all places */
    unsigned groups;   /* how many times eight of its bits the filter compares: 2, 3, 4 or 8 */
    /* A place may hold a marker where few or fewer of these bits differ, or many or more. Each plane is a bit of the
     * bound, inverted, in all places. */
    uint64_t few[SYNC_PLANES], many[SYNC_PLANES];
};

struct sync_ops {
    unsigned lanes; /* a block is 8 * lanes octets */
    /* The first block with such a place, from octet `at` on in steps of a block: its octet, and the places in `found`,
     * the top bit of lane 0 first. A block needs eight octets after it: one that lacks them ends the search. */
    size_t (*next)(const struct sync_pattern *pattern, const uint8_t *octets, size_t size, size_t at,
                   uint64_t found[SYNC_LANES_MAX]);
};
extern const struct sync_ops sync_portable, sync_avx2, sync_avx512;

static inline uint64_t sync_load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return __builtin_bswap64(value);
}
#endif
