/* Clean-up of a mask, and its components. */
#include "image/regions.h"
#include <string.h>

static void majority(const uint8_t *mask, size_t rows, size_t cols, uint8_t *out) {
    const struct image_ops *ops = image_ops();
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *here = mask + row * cols;
        ops->majority_row(row ? here - cols : here, here, row + 1 < rows ? here + cols : here, cols, out + row * cols);
    }
}

static int drop_small_water(uint8_t *mask, size_t rows, size_t cols, uint32_t smallest_px, struct regions *water) {
    if (regions_find(water, mask, rows, cols, 0) != SR_OK) return SR_TOO_SMALL;
    for (uint32_t i = 0; i < water->count; i++) {
        const struct run *run = &water->runs[i];
        if (water->runs[run->root].area < smallest_px)
            memset(mask + run->row * cols + run->start, 0, run->end - run->start);
    }
    return SR_OK;
}

static int fill_small_holes(uint8_t *mask, size_t rows, size_t cols, uint32_t smallest_px, struct regions *land) {
    if (regions_find(land, mask, rows, cols, 1) != SR_OK) return SR_TOO_SMALL;
    for (uint32_t i = 0; i < land->count; i++) {
        const struct run *run = &land->runs[i], *root = &land->runs[run->root];
        if (root->area < smallest_px && !root->at_edge)
            memset(mask + run->row * cols + run->start, 1, run->end - run->start);
    }
    return SR_OK;
}

int sr_mask_clean(const uint8_t *mask, size_t rows, size_t cols, uint32_t smallest_px, uint8_t *out, void *scratch,
                  size_t scratch_size) {
    if (!image_shape(rows, cols) || smallest_px < 1) return SR_BAD_ARGUMENT;
    struct regions regions = regions_in(scratch, scratch_size);
    majority(mask, rows, cols, out);
    if (smallest_px == 1) return SR_OK;
    if (drop_small_water(out, rows, cols, smallest_px, &regions) != SR_OK) return SR_TOO_SMALL;
    return fill_small_holes(out, rows, cols, smallest_px, &regions);
}
