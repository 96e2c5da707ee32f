/* What fuzz targets share: parameters drawn from the input, memory of exact size so that a step outside is seen, and
 * every level of this processor. */
#ifndef SKYRACK_FUZZ_FUZZ_H
#define SKYRACK_FUZZ_FUZZ_H
#include "skyrack/base.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

/* The body that follows runs once on each level. */
/* NOLINTBEGIN(bugprone-macro-parentheses): `level` is a name */
#define ON_EACH_LEVEL(level)                                                                                           \
    for (int level = 0; level < SR_LEVELS; level++)                                                                    \
        if (sr_level_select(sr_level_name(level)) == SR_OK)
/* NOLINTEND(bugprone-macro-parentheses) */

/* What each target defines: returns 0, or aborts where something that must hold does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *octets;
    size_t size;
};

/* The next `size` octets, 1..8, as a number; zeros stand for what is missing. */
static inline uint64_t take(struct input *input, size_t size) {
    uint64_t value = 0;
    size_t have = size < input->size ? size : input->size;
    memcpy(&value, input->octets, have);
    input->octets += have, input->size -= have;
    return value;
}

/* `size` octets of its own, none of them readable beyond. */
static inline void *owned(const void *octets, size_t size) {
    void *copy = malloc(size ? size : 1);
    if (octets && size) memcpy(copy, octets, size);
    return copy;
}
#endif
