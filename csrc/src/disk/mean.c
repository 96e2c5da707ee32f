/* Means: each row of the image is added, in spans of all widths that the disk has, to the totals of the rows of the
 * result that it has part in. */
#include "disk/ops.h"
#include <string.h>

/* Work on a strip of columns, narrow enough for its totals to stay in the first-level cache: a row of numbers with a
 * margin on each side; the totals of as many rows of the result as the disk is high, in slots that are used again once
 * their row is finished; and one slot more for rows outside the image, which nobody reads. */
struct work {
    const struct disk_ops *ops;
    struct disk disk;
    size_t rows, cols, first, width, row_size;
    double *numbers, *totals;
};

enum { STRIP_COLS = 256, BLOCK = BLOCK_OCTETS / sizeof(double) };

/* Numbers of a row, padded to an odd number of blocks. Rows a multiple of 4096 octets apart would be slow: processors
 * compare the low 12 bits of addresses, and a load would wait for a store to another row. */
static size_t in_blocks(size_t count) { return ((count + BLOCK - 1) / BLOCK | 1) * BLOCK; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Numbers in scratch: the slots of totals, one of them more, and a row of numbers with a margin on each side. */
static size_t scratch_size(size_t width, size_t radius) {
    return in_blocks(width) * (2 * radius + 3) + 2 * in_blocks(radius);
}

size_t disk_mean_scratch(size_t cols, size_t radius) {
    return BLOCK_OCTETS + scratch_size(least(cols, STRIP_COLS), radius) * sizeof(double);
}

static struct work work_in(void *scratch, size_t rows, size_t cols, size_t radius) {
    size_t width = least(cols, STRIP_COLS), margin = in_blocks(radius), row_size = in_blocks(width);
    double *start = (double *)(void *)((uint8_t *)scratch + -(uintptr_t)scratch % BLOCK_OCTETS);
    memset(start, 0, scratch_size(width, radius) * sizeof *start);
    return (struct work){.ops = disk_picked(),
                         .disk = disk_of(radius),
                         .rows = rows,
                         .cols = cols,
                         .row_size = row_size,
                         .numbers = start + margin,
                         .totals = start + row_size + 2 * margin};
}

/* The place 0..size-1 that is seen at place `at` of the mirrored image, however far outside that is. */
static size_t mirrored(ptrdiff_t at, size_t size) {
    ptrdiff_t end = (ptrdiff_t)size;
    while (at < 0 || at >= end) at = at < 0 ? -1 - at : 2 * end - 1 - at;
    return (size_t)at;
}

/* Take the strip's part of a row, and `radius` columns more on each side, mirrored where they lie outside the image. */
static void take_row(const struct work *w, const float *pixels) {
    ptrdiff_t radius = (ptrdiff_t)w->disk.radius, cols = (ptrdiff_t)w->cols;
    ptrdiff_t first = (ptrdiff_t)w->first - radius, end = (ptrdiff_t)(w->first + w->width) + radius;
    ptrdiff_t inside = first < 0 ? 0 : first, inside_end = end < cols ? end : cols;
    double *restrict numbers = w->numbers - w->first;
    for (ptrdiff_t col = inside; col < inside_end; col++) numbers[col] = pixels[col];
    for (ptrdiff_t col = first; col < 0; col++) numbers[col] = pixels[mirrored(col, w->cols)];
    for (ptrdiff_t col = cols; col < end; col++) numbers[col] = pixels[mirrored(col, w->cols)];
}

/* The totals of the row that lies `away` rows (-radius..radius) from the one with `slot`. */
static double *totals_at(const struct work *w, ptrdiff_t slot, ptrdiff_t away) {
    ptrdiff_t height = (ptrdiff_t)w->disk.height, at = slot + away;
    at += at < 0 ? height : at >= height ? -height : 0;
    return w->totals + (size_t)at * w->row_size;
}

/* Add the row in `numbers` to the totals. `row` begins at -radius: rows above and below the image are mirrored ones. */
static void gather_row(const struct work *w, ptrdiff_t row, ptrdiff_t slot) {
    double *nowhere = w->totals + w->disk.height * w->row_size, *totals[HEIGHT_MAX];
    for (size_t i = 0; i < w->disk.height; i++) {
        ptrdiff_t away = w->disk.places[i], to = row + away;
        totals[i] = to >= 0 && to < (ptrdiff_t)w->rows ? totals_at(w, slot, away) : nowhere;
    }
    w->ops->gather(w->numbers, w->width, &w->disk, totals);
}

static void run_strip(const struct work *w, const float *in, float *out) {
    ptrdiff_t radius = (ptrdiff_t)w->disk.radius, rows = (ptrdiff_t)w->rows, slot = 0;
    out += w->first;
    for (ptrdiff_t row = -radius; row < rows + radius; row++, slot = slot < 2 * radius ? slot + 1 : 0) {
        take_row(w, in + mirrored(row, w->rows) * w->cols);
        gather_row(w, row, slot);
        if (row < radius) continue;
        w->ops->finish(totals_at(w, slot, -radius), w->width, &w->disk, out);
        out += w->cols;
    }
}

void disk_mean(const float *in, size_t rows, size_t cols, size_t radius, float *out, void *scratch) {
    struct work w = work_in(scratch, rows, cols, radius);
    for (; w.first < cols; w.first += STRIP_COLS) {
        w.width = least(STRIP_COLS, cols - w.first);
        run_strip(&w, in, out);
    }
}
