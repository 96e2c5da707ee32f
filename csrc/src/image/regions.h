/* The components of a mask as runs joined by union-find. */
#ifndef SKYRACK_SRC_IMAGE_REGIONS_H
#define SKYRACK_SRC_IMAGE_REGIONS_H
#include "image/ops.h"

/* Equal pixels side by side: columns start..end-1 of a row. */
struct run {
    uint32_t root; /* the first run, in raster order, of its component */
    uint32_t area; /* pixels: its own, and of the whole component in a root */
    uint32_t tag;  /* free for the caller of regions_find */
    uint16_t row, start, end;
    uint16_t at_edge; /* 1 where it touches the image's edge; in a root, where the component does */
};

struct regions {
    struct run *runs; /* in raster order */
    uint32_t count, capacity;
};

/* Room for the runs that `size` octets at `scratch` can hold, from the first aligned place on. */
struct regions regions_in(void *scratch, size_t size);

/* Find the components of water, or with `land` those of land. Returns SR_OK or SR_TOO_SMALL. */
int regions_find(struct regions *found, const uint8_t *mask, size_t rows, size_t cols, int land);

/* Find where bits change: writes `base` + i for each bit i that differs from the one before it. *last is the bit before
 * the first one, and becomes the last bit. Returns how many positions were written, at most 64 * words. */
uint32_t find_changes(const uint64_t *bits, size_t words, uint32_t base, uint64_t *last, uint32_t *positions);
#endif
