#ifndef SKYRACK_SRC_DISK_OPS_H
#define SKYRACK_SRC_DISK_OPS_H
#include "level.h"
#include "skyrack/disk.h"

enum {
    HEIGHT_MAX = 2 * SR_DISK_RADIUS_MAX + 1,
    BLOCK_OCTETS = 128, /* rows of numbers in scratch are whole blocks */
    BLOCK_WORDS = 8     /* rows of words likewise */
};

/* A disk as rows, narrow ones first; a row of `reach` goes that many columns to each side of the middle. */
struct disk {
    size_t radius, height, pixels;
    size_t ends[SR_DISK_RADIUS_MAX + 1]; /* rows of at most this reach come before ends[reach] */
    ptrdiff_t places[HEIGHT_MAX];        /* where the rows lie: -radius..radius */
};

struct disk disk_of(size_t radius);

struct disk_ops {
    /* Mean: gather a row of numbers into the totals that it has part in, totals[i] by row i of the disk. It can be read
     * `radius` numbers to each side, and rows are read and written up to the end of a block. */
    void (*gather)(const double *numbers, size_t cols, const struct disk *disk, double *const *totals);
    /* Means from totals, which begin again from 0. */
    void (*finish)(double *totals, size_t cols, const struct disk *disk, float *pixels);
    /* Dilation, on words of 64 pixels, the first in the lowest bit: 1 for octets that are not 0, 0 behind the last. */
    void (*pack)(const uint8_t *mask, size_t cols, uint64_t *words);
    /* Join a row of words with the totals that it has part in, totals[i] by row i of the disk, NULL for none. `count` is
     * a multiple of BLOCK_WORDS; a word to each side is read. */
    void (*spread)(const uint64_t *row, size_t count, const struct disk *disk, uint64_t *const *totals);
    /* Octets of 0 or 1 from words, which begin again from 0. */
    void (*unpack)(uint64_t *words, size_t cols, uint8_t *mask);
};

extern const struct disk_ops disk_portable, disk_avx2, disk_avx512;

const struct disk_ops *disk_picked(void);

size_t disk_mean_scratch(size_t cols, size_t radius);
void disk_mean(const float *in, size_t rows, size_t cols, size_t radius, float *out, void *scratch);

size_t disk_dilate_scratch(size_t cols, size_t radius);
void disk_dilate(const uint8_t *mask, size_t rows, size_t cols, size_t radius, uint8_t *out, void *scratch);
#endif
