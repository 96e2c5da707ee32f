/* Dilation on bits, 64 pixels in a word. Each row of the mask is widened by one column after the other; at each width
 * it is ORed onto those rows of the result in which the disk is as wide. */
#include "disk/ops.h"
#include <string.h>

/* Rows of words, padded to whole blocks, with a block of zeros on each side: one row of the mask, and as many rows of
 * the result as the disk is high, each used again once its row is finished. */
struct dilation {
    struct disk disk;
    size_t rows, words;
    uint64_t *row, *totals;
};

static size_t words_of(size_t cols) { return (cols + 64 * BLOCK_WORDS - 1) / (64 * BLOCK_WORDS) * BLOCK_WORDS; }

static size_t scratch_words(size_t cols, size_t radius) {
    return (words_of(cols) + BLOCK_WORDS) * (2 * radius + 2) + BLOCK_WORDS;
}

size_t disk_dilate_scratch(size_t cols, size_t radius) {
    return BLOCK_OCTETS + scratch_words(cols, radius) * sizeof(uint64_t);
}

static struct dilation dilation_in(void *scratch, size_t rows, size_t cols, size_t radius) {
    uint64_t *start = (uint64_t *)(void *)((uint8_t *)scratch + -(uintptr_t)scratch % BLOCK_OCTETS);
    memset(start, 0, scratch_words(cols, radius) * sizeof *start);
    uint64_t *row = start + BLOCK_WORDS, *totals = row + words_of(cols) + BLOCK_WORDS;
    return (struct dilation){
        .disk = disk_of(radius), .rows = rows, .words = words_of(cols), .row = row, .totals = totals};
}

static uint64_t *total_of(const struct dilation *d, size_t row) {
    return d->totals + row % d->disk.height * (d->words + BLOCK_WORDS);
}

static void spread_row(const struct dilation *d, size_t row, const struct disk_ops *ops) {
    uint64_t *totals[HEIGHT_MAX];
    for (size_t i = 0; i < d->disk.height; i++) {
        ptrdiff_t to = (ptrdiff_t)row + d->disk.places[i];
        totals[i] = to >= 0 && to < (ptrdiff_t)d->rows ? total_of(d, (size_t)to) : NULL;
    }
    ops->spread(d->row, d->words, &d->disk, totals);
}

void disk_dilate(const uint8_t *mask, size_t rows, size_t cols, size_t radius, uint8_t *out, void *scratch) {
    const struct disk_ops *ops = disk_picked();
    const struct dilation d = dilation_in(scratch, rows, cols, radius);
    for (size_t row = 0; row < rows + radius; row++) {
        if (row < rows) {
            ops->pack(mask + row * cols, cols, d.row);
            spread_row(&d, row, ops);
        }
        if (row >= radius) ops->unpack(total_of(&d, row - radius), cols, out + (row - radius) * cols);
    }
}
