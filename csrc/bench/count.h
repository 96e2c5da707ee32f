/* A driver of instruction counts: COUNT("what", statement) for each kernel of a family. benchmarks/instructions.py runs
 * it under callgrind at the level that SKYRACK_ISA names. Counts are the same in every run, which times never are. */
#ifndef SKYRACK_BENCH_COUNT_H
#define SKYRACK_BENCH_COUNT_H
#include "skyrack/base.h"
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define COUNT(what, ...)                                                                                               \
    do {                                                                                                               \
        CALLGRIND_ZERO_STATS;                                                                                          \
        __VA_ARGS__;                                                                                                   \
        CALLGRIND_DUMP_STATS_AT(what);                                                                                 \
    } while (0)

/* Fill memory with octets that are the same in every run. */
static inline void fill(void *out, size_t size) {
    uint32_t state = 1;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        ((uint8_t *)out)[i] = (uint8_t)(state >> 24);
    }
}
#endif
