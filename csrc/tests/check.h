/* A test program: START(), then CHECK()s, then DONE(). Page-guarded memory makes a read or write past the end a
 * crash. */
#ifndef SKYRACK_TESTS_CHECK_H
#define SKYRACK_TESTS_CHECK_H
#include "skyrack/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int failures;
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition) && failures++ < 20) fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);           \
    } while (0)
#define START()                                                                                                        \
    do {                                                                                                               \
        if (sr_level_select(NULL) != SR_OK) return 77;                                                                 \
    } while (0)
#define DONE() return failures ? 1 : 0

/* A random number, the same in every run: the generator xorshift64*. */
static inline uint64_t draw(uint64_t *state) {
    *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1DULL;
}
static inline void fill(uint8_t *out, size_t size, uint64_t *state) {
    for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(draw(state) >> 56);
}

/* The body runs once with each single bit of `size` octets flipped, `bit` being its number. */
#define FOR_EACH_FLIP(octets, size)                                                                                    \
    for (size_t bit = 0; bit < 8 * (size_t)(size) && change_bit(octets, bit); change_bit(octets, bit), bit++)
static inline int change_bit(uint8_t *octets, size_t bit) { return octets[bit / 8] ^= (uint8_t)(1 << bit % 8), 1; }

/* `size` octets that end exactly at an unreadable page (and start after one when size is a multiple of the page). */
static inline uint8_t *guarded(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (size + page - 1) / page * page;
    uint8_t *base = mmap(NULL, body + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) abort();
    mprotect(base, page, PROT_NONE), mprotect(base + page + body, page, PROT_NONE);
    return base + page + body - size;
}
static inline void release(uint8_t *start, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (size + page - 1) / page * page;
    munmap(start + size - body - page, body + 2 * page);
}
#endif
