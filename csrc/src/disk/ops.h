#ifndef SKYRACK_SRC_DISK_OPS_H
#define SKYRACK_SRC_DISK_OPS_H
#include "level.h"
#include "skyrack/disk.h"

enum { HEIGHT_MAX = 2 * SR_DISK_RADIUS_MAX + 1, BLOCK_OCTETS = 128 /* rows in scratch are whole blocks */ };

/* A disk as rows, narrow ones first; a row of `reach` goes that many columns to each side of the middle. */
struct disk {
    size_t radius, height, pixels;
    size_t ends[SR_DISK_RADIUS_MAX + 1]; /* rows of at most this reach come before ends[reach] */
    ptrdiff_t places[HEIGHT_MAX];        /* where the rows lie: -radius..radius */
};

/* What a disk is used for: numbers of `size` octets, made of pixels, gathered over the disk, and made pixels again. */
struct disk_use {
    size_t size, pixel_size;
    void (*take)(const void *pixels, size_t cols, void *numbers);
    /* Gather a row of numbers into the totals that it has part in, totals[i] by row i of the disk. It can be read
     * `radius` numbers to each side, and rows are read and written up to the end of a block. */
    void (*gather)(const void *numbers, size_t cols, const struct disk *disk, void *const *totals);
    /* Pixels from totals, which begin again from 0. */
    void (*finish)(void *totals, size_t cols, const struct disk *disk, void *pixels);
};

struct disk_uses {
    struct disk_use mean, dilation;
};

extern const struct disk_uses disk_portable, disk_avx2, disk_avx512;
#endif
