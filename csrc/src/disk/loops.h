/* The functions of struct disk_ops. The file that includes this has defined WIDTH, octets of a vector, and
 *     pack64(mask)          uint64_t, bit i: whether octet i of 64 is not 0
 *     unpack64(bits, mask)  octet i of 64: 1 where bit i is set, else 0 */
#include "disk/ops.h"
#include <math.h>
#include <string.h>

typedef double doubles __attribute__((vector_size(WIDTH)));
enum { LANES = WIDTH / sizeof(double), STEP = BLOCK_OCTETS / WIDTH };

static inline doubles load(const double *from, int i) {
    doubles vector;
    memcpy(&vector, from + i * LANES, WIDTH);
    return vector;
}

static inline void add(double *totals, const doubles span[STEP]) {
    for (int i = 0; i < STEP; i++) {
        doubles total = load(totals, i) + span[i];
        memcpy(totals + i * LANES, &total, WIDTH);
    }
}

/* STEP vectors of pixels at a time: the sum over a span about each pixel grows with the span, and is added to the
 * totals of those rows of the disk that are as wide. */
static void gather(const double *numbers, size_t cols, const struct disk *disk, double *const *totals) {
    for (size_t c = 0; c < cols; c += STEP * LANES) {
        const double *middle = numbers + c;
        doubles span[STEP];
        for (int i = 0; i < STEP; i++) span[i] = load(middle, i);
        for (size_t reach = 0, row = 0;;) {
            for (; row < disk->ends[reach]; row++) add(totals[row] + c, span);
            if (++reach > disk->radius) break;
            for (int i = 0; i < STEP; i++) span[i] = span[i] + (load(middle - reach, i) + load(middle + reach, i));
        }
    }
}

static void finish(double *restrict totals, size_t cols, const struct disk *disk, float *restrict pixels) {
    double scale = 1 / (double)disk->pixels;
    for (size_t c = 0; c < cols; c++) {
        float mean = (float)(totals[c] * scale);
        pixels[c] = isnan(mean) ? __builtin_nanf("") : mean; /* processors differ in the NaN that sums give */
        totals[c] = 0;
    }
}

static void pack(const uint8_t *mask, size_t cols, uint64_t *words) {
    for (; cols >= 64; cols -= 64, mask += 64) *words++ = pack64(mask);
    if (!cols) return;
    uint8_t last[64] = {0};
    memcpy(last, mask, cols);
    *words = pack64(last);
}

typedef uint64_t word_vector __attribute__((vector_size(WIDTH), aligned(8), may_alias));
enum { WORDS = WIDTH / sizeof(uint64_t) };

/* A vector of words at a time, as in gather(). Bits that leave a word go to its neighbours. A shift by 64 is not
 * defined in C, so shifts by up to 64 are made in two. */
static void spread(const uint64_t *row, size_t count, const struct disk *disk, uint64_t *const *totals) {
    for (size_t at = 0; at < count; at += WORDS) {
        const word_vector here = *(const word_vector *)(row + at);
        const word_vector before = *(const word_vector *)(row + at - 1), after = *(const word_vector *)(row + at + 1);
        word_vector span = here;
        for (size_t reach = 0, i = 0;;) {
            for (; i < disk->ends[reach]; i++)
                if (totals[i]) *(word_vector *)(totals[i] + at) |= span;
            if (++reach > disk->radius) break;
            span |= here << 1 << (reach - 1) | here >> 1 >> (reach - 1);
            span |= before >> (64 - reach) | after << (64 - reach);
        }
    }
}

static void unpack(uint64_t *words, size_t cols, uint8_t *mask) {
    for (; cols >= 64; cols -= 64, mask += 64) unpack64(*words, mask), *words++ = 0;
    if (!cols) return;
    uint8_t last[64];
    unpack64(*words, last), *words = 0;
    memcpy(mask, last, cols);
}

#define DISK_OPS {gather, finish, pack, spread, unpack}
