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
    /* Mean: add a row of numbers to the totals that it has part in; totals[i] is the row that sees it in row i of the
     * disk. `radius` numbers more are read on each side, and rows are read and written up to the end of a block. */
    void (*gather)(const double *numbers, size_t cols, const struct disk *disk, double *const *totals);
    /* Means from totals, which are set to 0 again. */
    void (*finish)(double *totals, size_t cols, const struct disk *disk, float *pixels);
    /* Dilation works on words of 64 pixels, the first in the lowest bit: 1 for octets that are not 0, and 0 behind the
     * last pixel. */
    void (*pack)(const uint8_t *mask, size_t cols, uint64_t *words);
    /* OR a row of words onto the totals that it has part in; totals[i] is the row that sees it in row i of the disk,
     * NULL where there is none. `count` is a multiple of BLOCK_WORDS; one word more is read on each side. */
    void (*spread)(const uint64_t *row, size_t count, const struct disk *disk, uint64_t *const *totals);
    /* Octets of 0 or 1 from words, which are set to 0 again. */
    void (*unpack)(uint64_t *words, size_t cols, uint8_t *mask);
};

extern const struct disk_ops disk_portable, disk_avx2, disk_avx512;

const struct disk_ops *disk_picked(void);

size_t disk_mean_scratch(size_t cols, size_t radius);
void disk_mean(const float *in, size_t rows, size_t cols, size_t radius, float *out, void *scratch);

size_t disk_dilate_scratch(size_t cols, size_t radius);
void disk_dilate(const uint8_t *mask, size_t rows, size_t cols, size_t radius, uint8_t *out, void *scratch);
#endif
