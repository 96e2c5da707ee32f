#include "disk/ops.h"
#include <string.h>

static const struct disk_uses *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &disk_portable, SR_ON_X86([SR_AVX2] = &disk_avx2, [SR_AVX512] = &disk_avx512)};

static void add_row(struct disk *disk, size_t dy, size_t reach) {
    disk->places[disk->height++] = (ptrdiff_t)dy;
    if (dy) disk->places[disk->height++] = -(ptrdiff_t)dy;
    disk->pixels += (2 * reach + 1) * (dy ? 2 : 1);
}

/* From the rows farthest away, which are the narrowest, to the one in the middle. */
static struct disk disk_of(size_t radius) {
    struct disk disk = {.radius = radius};
    size_t left = radius + 1; /* rows at distances 0..left-1 are still to come */
    for (size_t reach = 0; reach <= radius; disk.ends[reach++] = disk.height)
        for (; left && (left - 1) * (left - 1) + (reach + 1) * (reach + 1) > radius * radius; left--)
            add_row(&disk, left - 1, reach);
    return disk;
}

/* Work on a strip of columns, narrow enough for its totals to stay in the first cache: a row of numbers and what
 * lies beside it; the totals of as many rows of the result as the disk is high, in slots that rows take by turns; and
 * one slot more for rows that the result does not have. */
struct work {
    const struct disk_use *use;
    struct disk disk;
    size_t rows, cols, first, width, row_octets;
    uint8_t *numbers, *totals;
};

enum { STRIP_OCTETS = 2048 };

/* An odd number of blocks: with rows a multiple of 4096 octets apart a processor takes loads from one for loads of
 * what it has just stored in another, and waits. */
static size_t in_blocks(size_t octets) { return ((octets + BLOCK_OCTETS - 1) / BLOCK_OCTETS | 1) * BLOCK_OCTETS; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t scratch_octets(size_t width, size_t radius, size_t size) {
    return in_blocks(width * size) * (2 * radius + 3) + 2 * in_blocks(radius * size);
}

size_t sr_disk_scratch(size_t cols, unsigned radius) {
    size_t octets = least(cols, STRIP_OCTETS), doubles = least(cols, STRIP_OCTETS / sizeof(double));
    size_t mean = scratch_octets(doubles, radius, sizeof(double)), dilation = scratch_octets(octets, radius, 1);
    return BLOCK_OCTETS + (mean > dilation ? mean : dilation);
}

static struct work work_in(void *scratch, const struct disk_use *use, size_t rows, size_t cols, size_t radius) {
    struct work w = {.use = use, .disk = disk_of(radius), .rows = rows, .cols = cols};
    size_t width = least(cols, STRIP_OCTETS / use->size), margin = in_blocks(radius * use->size);
    uint8_t *start = (uint8_t *)scratch + -(uintptr_t)scratch % BLOCK_OCTETS;
    memset(start, 0, scratch_octets(width, radius, use->size));
    w.row_octets = in_blocks(width * use->size);
    w.numbers = start + margin, w.totals = start + w.row_octets + 2 * margin;
    return w;
}

/* The place 0..size-1 that is seen at `at`, by as many mirrors as it takes. */
static size_t mirrored(ptrdiff_t at, size_t size) {
    ptrdiff_t end = (ptrdiff_t)size;
    while (at < 0 || at >= end) at = at < 0 ? -1 - at : 2 * end - 1 - at;
    return (size_t)at;
}

static uint8_t *number_at(const struct work *w, ptrdiff_t col) {
    return w->numbers + (col - (ptrdiff_t)w->first) * (ptrdiff_t)w->use->size;
}

static void mirror(const struct work *w, ptrdiff_t col) {
    memcpy(number_at(w, col), number_at(w, (ptrdiff_t)mirrored(col, w->cols)), w->use->size);
}

/* Take the strip's part of a row, and `radius` columns more to each side, some of which may only be seen in the
 * mirror. */
static void take_row(const struct work *w, const uint8_t *pixels) {
    ptrdiff_t radius = (ptrdiff_t)w->disk.radius, cols = (ptrdiff_t)w->cols;
    ptrdiff_t first = (ptrdiff_t)w->first - radius, end = (ptrdiff_t)(w->first + w->width) + radius;
    ptrdiff_t inside = first < 0 ? 0 : first, inside_end = end < cols ? end : cols;
    w->use->take(pixels + (size_t)inside * w->use->pixel_size, (size_t)(inside_end - inside), number_at(w, inside));
    for (ptrdiff_t col = first; col < 0; col++) mirror(w, col);
    for (ptrdiff_t col = cols; col < end; col++) mirror(w, col);
}

/* The totals of the row that lies `away` rows (-radius..radius) from the one with `slot`. */
static uint8_t *totals_at(const struct work *w, ptrdiff_t slot, ptrdiff_t away) {
    ptrdiff_t height = (ptrdiff_t)w->disk.height, at = slot + away;
    at += at < 0 ? height : at >= height ? -height : 0;
    return w->totals + (size_t)at * w->row_octets;
}

/* `row` counts from -radius on: rows above and below the image are those seen in the mirror. */
static void gather_row(const struct work *w, ptrdiff_t row, ptrdiff_t slot) {
    uint8_t *nowhere = w->totals + w->disk.height * w->row_octets;
    void *totals[HEIGHT_MAX];
    for (size_t i = 0; i < w->disk.height; i++) {
        ptrdiff_t away = w->disk.places[i], to = row + away;
        totals[i] = to >= 0 && to < (ptrdiff_t)w->rows ? totals_at(w, slot, away) : nowhere;
    }
    w->use->gather(w->numbers, w->width, &w->disk, totals);
}

static void run_strip(const struct work *w, const uint8_t *in, uint8_t *out) {
    ptrdiff_t radius = (ptrdiff_t)w->disk.radius, rows = (ptrdiff_t)w->rows, slot = 0;
    size_t row_octets = w->cols * w->use->pixel_size;
    out += w->first * w->use->pixel_size;
    for (ptrdiff_t row = -radius; row < rows + radius; row++, slot = slot < 2 * radius ? slot + 1 : 0) {
        take_row(w, in + mirrored(row, w->rows) * row_octets);
        gather_row(w, row, slot);
        if (row < radius) continue;
        w->use->finish(totals_at(w, slot, -radius), w->width, &w->disk, out);
        out += row_octets;
    }
}

static void run(struct work w, const void *in, void *out) {
    for (size_t strip = STRIP_OCTETS / w.use->size; w.first < w.cols; w.first += strip) {
        w.width = least(strip, w.cols - w.first);
        run_strip(&w, in, out);
    }
}

static int checked(size_t rows, size_t cols, unsigned radius, size_t scratch_size) {
    if (rows == 0 || cols == 0 || radius > SR_DISK_RADIUS_MAX) return SR_BAD_ARGUMENT;
    return scratch_size < sr_disk_scratch(cols, radius) ? SR_TOO_SMALL : SR_OK;
}

int sr_disk_mean_f32(const float *in, size_t rows, size_t cols, unsigned radius, float *out, void *scratch,
                     size_t scratch_size) {
    int status = checked(rows, cols, radius, scratch_size);
    if (status != SR_OK) return status;
    run(work_in(scratch, &SR_PICK(TABLES)->mean, rows, cols, radius), in, out);
    return SR_OK;
}

int sr_disk_dilate_u8(const uint8_t *mask, size_t rows, size_t cols, unsigned radius, uint8_t *out, void *scratch,
                      size_t scratch_size) {
    int status = checked(rows, cols, radius, scratch_size);
    if (status != SR_OK) return status;
    run(work_in(scratch, &SR_PICK(TABLES)->dilation, rows, cols, radius), mask, out);
    return SR_OK;
}

/* A lone pixel becomes the disk itself: 13 pixels of radius 2, all inside, and seen again in the mirrors at the
 * corner. */
int sr_selftest_disk(void) {
    enum { ROWS = 11, COLS = 40, MIDDLE = 5 * COLS + 20 };
    uint8_t mask[ROWS * COLS] = {0}, grown[ROWS * COLS], scratch[4096];
    float in[ROWS * COLS] = {0}, mean[ROWS * COLS];
    int wrong = 0;
    in[0] = in[MIDDLE] = 13, mask[0] = mask[MIDDLE] = 255;
    sr_disk_mean_f32(in, ROWS, COLS, 2, mean, scratch, sizeof scratch);
    sr_disk_dilate_u8(mask, ROWS, COLS, 2, grown, scratch, sizeof scratch);
    for (int i = 0; i < ROWS * COLS; i++) {
        int y = i / COLS, x = i % COLS, dy = y - 5, dx = x - 20;
        int in_disk = dx * dx + dy * dy <= 4, in_corner = x * x + y * y <= 4;
        int seen = in_corner + ((x + 1) * (x + 1) + y * y <= 4) + (x * x + (y + 1) * (y + 1) <= 4) +
                   ((x + 1) * (x + 1) + (y + 1) * (y + 1) <= 4);
        wrong |= grown[i] != (in_disk || in_corner) || mean[i] != (float)(in_disk + seen);
    }
    return wrong ? SR_CORRUPT : SR_OK;
}
