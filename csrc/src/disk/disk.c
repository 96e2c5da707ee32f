#include "disk/ops.h"

static const struct disk_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &disk_portable,
                                                         SR_ON_X86([SR_AVX2] = &disk_avx2, [SR_AVX512] = &disk_avx512)};

const struct disk_ops *disk_picked(void) { return SR_PICK(TABLES); }

static void add_row(struct disk *disk, size_t dy, size_t reach) {
    disk->places[disk->height++] = (ptrdiff_t)dy;
    if (dy) disk->places[disk->height++] = -(ptrdiff_t)dy;
    disk->pixels += (2 * reach + 1) * (dy ? 2 : 1);
}

/* The rows of a disk, from the farthest ones, which are the narrowest, to the one in the middle. */
struct disk disk_of(size_t radius) {
    struct disk disk = {.radius = radius};
    size_t left = radius + 1; /* rows at distances 0..left-1 are still to come */
    for (size_t reach = 0; reach <= radius; disk.ends[reach++] = disk.height)
        for (; left && (left - 1) * (left - 1) + (reach + 1) * (reach + 1) > radius * radius; left--)
            add_row(&disk, left - 1, reach);
    return disk;
}

size_t sr_disk_scratch(size_t cols, unsigned radius) {
    size_t mean = disk_mean_scratch(cols, radius), dilation = disk_dilate_scratch(cols, radius);
    return mean > dilation ? mean : dilation;
}

static int checked(size_t rows, size_t cols, unsigned radius, size_t scratch_size) {
    if (rows == 0 || cols == 0 || radius > SR_DISK_RADIUS_MAX) return SR_BAD_ARGUMENT;
    return scratch_size < sr_disk_scratch(cols, radius) ? SR_TOO_SMALL : SR_OK;
}

int sr_disk_mean_f32(const float *in, size_t rows, size_t cols, unsigned radius, float *out, void *scratch,
                     size_t scratch_size) {
    int status = checked(rows, cols, radius, scratch_size);
    if (status == SR_OK) disk_mean(in, rows, cols, radius, out, scratch);
    return status;
}

int sr_disk_dilate_u8(const uint8_t *mask, size_t rows, size_t cols, unsigned radius, uint8_t *out, void *scratch,
                      size_t scratch_size) {
    int status = checked(rows, cols, radius, scratch_size);
    if (status == SR_OK) disk_dilate(mask, rows, cols, radius, out, scratch);
    return status;
}

/* Two single pixels become disks of radius 2, 13 pixels: one disk whole, in the middle of the image, and one at a
 * corner, where parts of it are seen again in the mirrored edges. */
int sr_selftest_disk(void) {
    enum { ROWS = 11, COLS = 40, MIDDLE = 5 * COLS + 20 };
    uint8_t mask[ROWS * COLS] = {0}, grown[ROWS * COLS], scratch[4096];
    float in[ROWS * COLS] = {0}, mean[ROWS * COLS];
    int wrong = 0;
    in[0] = in[MIDDLE] = 13, mask[0] = mask[MIDDLE] = 255;
    if (sr_disk_mean_f32(in, ROWS, COLS, 2, mean, scratch, sizeof scratch) != SR_OK) return SR_CORRUPT;
    if (sr_disk_dilate_u8(mask, ROWS, COLS, 2, grown, scratch, sizeof scratch) != SR_OK) return SR_CORRUPT;
    for (int i = 0; i < ROWS * COLS; i++) {
        int y = i / COLS, x = i % COLS, dy = y - 5, dx = x - 20;
        int in_disk = dx * dx + dy * dy <= 4, in_corner = x * x + y * y <= 4;
        int seen = in_corner + ((x + 1) * (x + 1) + y * y <= 4) + (x * x + (y + 1) * (y + 1) <= 4) +
                   ((x + 1) * (x + 1) + (y + 1) * (y + 1) <= 4);
        wrong |= grown[i] != (in_disk || in_corner) || mean[i] != (float)(in_disk + seen);
    }
    return wrong ? SR_CORRUPT : SR_OK;
}
