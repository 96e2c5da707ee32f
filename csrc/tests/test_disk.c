/* Disks between unreadable pages, against sums and searches pixel by pixel. */
#include "check.h"
#include "skyrack/disk.h"
#include <math.h>

static size_t mirrored(long at, size_t size) {
    while (at < 0 || at >= (long)size) at = at < 0 ? -1 - at : 2 * (long)size - 1 - at;
    return (size_t)at;
}

static void check_pixel(const float *in, const uint8_t *mask, size_t rows, size_t cols, size_t at, long radius,
                        float mean, uint8_t grown) {
    long row = (long)(at / cols), col = (long)(at % cols), pixels = 0;
    double sum = 0;
    uint8_t any = 0;
    for (long y = row - radius; y <= row + radius; y++)
        for (long x = col - radius; x <= col + radius; x++) {
            if ((y - row) * (y - row) + (x - col) * (x - col) > radius * radius) continue;
            sum += in[mirrored(y, rows) * cols + mirrored(x, cols)], pixels++;
            if (y >= 0 && y < (long)rows && x >= 0 && x < (long)cols) any |= mask[y * (long)cols + x] != 0;
        }
    CHECK(fabs(mean - sum / (double)pixels) <= 1e-7);
    CHECK(grown == any);
}

static void image(size_t rows, size_t cols, unsigned radius, uint64_t *state) {
    size_t count = rows * cols, scratch_size = sr_disk_scratch(cols, radius);
    float *in = (float *)guarded(4 * count), *mean = (float *)guarded(4 * count);
    uint8_t *mask = guarded(count), *grown = guarded(count), *scratch = guarded(scratch_size);
    for (size_t i = 0; i < count; i++) in[i] = (float)(draw(state) >> 40) / (1 << 24);
    for (size_t i = 0; i < count; i++) mask[i] = draw(state) >> 58 ? 0 : (uint8_t)(1 + i % 255);
    CHECK(sr_disk_mean_f32(in, rows, cols, radius, mean, scratch, scratch_size) == SR_OK);
    CHECK(sr_disk_dilate_u8(mask, rows, cols, radius, grown, scratch, scratch_size) == SR_OK);
    for (size_t i = 0; i < count; i++) check_pixel(in, mask, rows, cols, i, radius, mean[i], grown[i]);
    CHECK(sr_disk_mean_f32(in, rows, cols, radius, mean, scratch, scratch_size - 1) == SR_TOO_SMALL);
    release((uint8_t *)in, 4 * count), release((uint8_t *)mean, 4 * count);
    release(mask, count), release(grown, count), release(scratch, scratch_size);
}

int main(void) {
    START();
    uint64_t state = 5;
    float pixel[1] = {1};
    uint8_t octet[1] = {0}, scratch[64];
    for (unsigned radius = 0; radius <= 5; radius++)
        for (size_t cols = 1; cols <= 70; cols += 1 + cols / 7) image(1 + cols % 11, cols, radius, &state);
    image(3, 5, SR_DISK_RADIUS_MAX, &state), image(3, 200, SR_DISK_RADIUS_MAX, &state);
    image(9, 150, 7, &state);
    image(4, 600, 3, &state);
    /* Rows that end with a word or with a block: what lies behind must have no part in them. */
    for (unsigned radius = 1; radius <= 5; radius++)
        image(60, 64, radius, &state), image(20, 448, radius, &state), image(20, 512, radius, &state);
    CHECK(sr_disk_mean_f32(pixel, 0, 1, 1, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_disk_mean_f32(pixel, 1, 0, 1, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_disk_mean_f32(pixel, 1, 1, SR_DISK_RADIUS_MAX + 1, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_disk_dilate_u8(octet, 0, 1, 1, octet, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_disk_dilate_u8(octet, 1, 1, 1, octet, scratch, sizeof scratch) == SR_TOO_SMALL);
    CHECK(sr_selftest_disk() == SR_OK);
    DONE();
}
