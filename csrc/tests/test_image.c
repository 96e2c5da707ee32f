/* Every function on memory that ends at an unreadable page, at sizes about those of vectors; and what is refused. */
#include "check.h"
#include "skyrack/image.h"

static void draw_mask(uint8_t *mask, size_t count, unsigned share, uint64_t *state) {
    for (size_t i = 0; i < count; i++) mask[i] = (draw(state) >> 56) < share;
}

static void index_stays_inside(size_t count, uint64_t *state) {
    uint8_t *a = guarded(count), *b = guarded(count), *mask = guarded(count);
    uint16_t *wide_a = (uint16_t *)guarded(2 * count), *wide_b = (uint16_t *)guarded(2 * count);
    float *index = (float *)guarded(4 * count);
    fill(a, count, state), fill(b, count, state);
    for (size_t i = 0; i < count; i++) wide_a[i] = a[i], wide_b[i] = b[i];
    CHECK(sr_mndwi_mask_u8(a, b, count, 0.25F, mask) == SR_OK);
    CHECK(sr_normalised_difference_u8(a, b, count, index) == SR_OK);
    for (size_t i = 0; i < count; i++) CHECK(mask[i] == (index[i] > 0.25F));
    CHECK(sr_mndwi_mask_u16(wide_a, wide_b, count, 0.25F, mask) == SR_OK);
    CHECK(sr_normalised_difference_u16(wide_a, wide_b, count, index) == SR_OK);
    for (size_t i = 0; i < count; i++) CHECK(mask[i] == (index[i] > 0.25F));
    release(a, count), release(b, count), release(mask, count);
    release((uint8_t *)wide_a, 2 * count), release((uint8_t *)wide_b, 2 * count), release((uint8_t *)index, 4 * count);
}

static void clean_and_label(const uint8_t *mask, size_t rows, size_t cols, uint8_t *scratch, size_t scratch_size) {
    size_t count = rows * cols, capacity = (count + 1) / 2, found;
    uint8_t *cleaned = guarded(count);
    int32_t *labels = (int32_t *)guarded(4 * count), *areas = (int32_t *)guarded(4 * capacity);
    int32_t *boxes = (int32_t *)guarded(16 * capacity);
    CHECK(sr_mask_clean(mask, rows, cols, 4, cleaned, scratch, scratch_size) == SR_OK);
    CHECK(sr_mask_components(mask, rows, cols, labels, areas, boxes, capacity, &found, scratch, scratch_size) == SR_OK);
    for (size_t i = 0; i < count; i++) CHECK((labels[i] != 0) == mask[i]);
    if (found)
        CHECK(sr_mask_components(mask, rows, cols, labels, areas, boxes, found - 1, &found, scratch, scratch_size) ==
              SR_TOO_SMALL);
    release(cleaned, count), release((uint8_t *)labels, 4 * count);
    release((uint8_t *)areas, 4 * capacity), release((uint8_t *)boxes, 16 * capacity);
}

static void outlines_return(const uint8_t *mask, size_t rows, size_t cols, uint8_t *scratch, size_t scratch_size) {
    size_t bound = sr_mask_outlines_bound(rows, cols), count = rows * cols, size, polygons;
    uint8_t *octets = guarded(bound), *again = guarded(count);
    CHECK(sr_mask_outlines_encode(mask, rows, cols, octets, bound, &size, scratch, scratch_size) == SR_OK);
    uint8_t *exact = guarded(size);
    CHECK(sr_mask_outlines_encode(mask, rows, cols, exact, size, &size, scratch, scratch_size) == SR_OK);
    CHECK(memcmp(octets, exact, size) == 0);
    int32_t *corners = (int32_t *)guarded(32 * size);
    uint32_t *ring_ends = (uint32_t *)guarded(4 * size), *polygon_ends = (uint32_t *)guarded(4 * size);
    CHECK(sr_mask_outlines_decode(exact, size, rows, cols, corners, ring_ends, polygon_ends, &polygons) == SR_OK);
    size_t rings = polygons ? polygon_ends[polygons - 1] : 0;
    CHECK(sr_mask_rasterise(corners, ring_ends, rings, rows, cols, again) == SR_OK && memcmp(mask, again, count) == 0);
    CHECK(sr_mask_outlines_encode(mask, rows, cols, octets, size - 1, &size, scratch, scratch_size) == SR_TOO_SMALL);
    release(octets, bound), release(again, count), release(exact, size), release((uint8_t *)corners, 32 * size);
    release((uint8_t *)ring_ends, 4 * size), release((uint8_t *)polygon_ends, 4 * size);
}

static void runs_return(const uint8_t *mask, size_t count) {
    size_t bound = sr_mask_runs_bound(count), size;
    uint8_t *octets = guarded(bound), *again = guarded(count);
    CHECK(sr_mask_runs_encode(mask, count, octets, bound, &size) == SR_OK);
    CHECK(sr_mask_runs_decode(octets, size, count, again) == SR_OK && memcmp(mask, again, count) == 0);
    CHECK(sr_mask_runs_decode(octets, size - 1, count, again) == SR_CORRUPT);
    CHECK(sr_mask_runs_encode(mask, count, octets, size - 1, &size) == SR_TOO_SMALL);
    release(octets, bound), release(again, count);
}

static void masks_stay_inside(size_t rows, size_t cols, unsigned share, uint64_t *state) {
    size_t count = rows * cols, scratch_size = sr_mask_scratch_bound(rows, cols);
    uint8_t *mask = guarded(count), *scratch = guarded(scratch_size);
    draw_mask(mask, count, share, state);
    clean_and_label(mask, rows, cols, scratch, scratch_size);
    outlines_return(mask, rows, cols, scratch, scratch_size);
    runs_return(mask, count);
    release(mask, count), release(scratch, scratch_size);
}

/* Masks with as many runs, components and rings as there can be still fit the bounds. */
static void chequers_fit(size_t rows, size_t cols) {
    size_t count = rows * cols, scratch_size = sr_mask_scratch_bound(rows, cols);
    uint8_t *mask = guarded(count), *scratch = guarded(scratch_size);
    for (size_t i = 0; i < count; i++) mask[i] = (i / cols + i % cols) % 2 == 0;
    clean_and_label(mask, rows, cols, scratch, scratch_size);
    outlines_return(mask, rows, cols, scratch, scratch_size);
    release(mask, count), release(scratch, scratch_size);
}

static void little_scratch_is_refused(void) {
    uint8_t mask[64], out[64], scratch[64];
    size_t used;
    for (size_t i = 0; i < sizeof mask; i++) mask[i] = i % 2;
    CHECK(sr_mask_clean(mask, 8, 8, 2, out, scratch, 0) == SR_TOO_SMALL);
    CHECK(sr_mask_clean(mask, 8, 8, 2, out, scratch, sizeof scratch) == SR_TOO_SMALL);
    CHECK(sr_mask_outlines_encode(mask, 8, 8, out, sizeof out, &used, scratch, sizeof scratch) == SR_TOO_SMALL);
}

static void misuse_is_refused(void) {
    uint8_t mask[4] = {0}, out[64], scratch[512];
    const int32_t askew[] = {0, 0, 1, 1, 0, 1}, outside[] = {0, 0, 0, 3, 1, 3, 1, 0};
    const uint32_t falling[] = {3, 2}, three[] = {3}, four[] = {4};
    size_t used;
    CHECK(sr_mask_clean(mask, 2, 2, 0, out, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_clean(mask, 0, 2, 1, out, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_outlines_encode(mask, SR_IMAGE_SIDE_MAX + 1, 1, out, 9, &used, scratch, 9) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_runs_encode(mask, 0, out, sizeof out, &used) == SR_BAD_ARGUMENT);
    /* NOLINTNEXTLINE(readability-suspicious-call-argument): one band for both */
    CHECK(sr_mndwi_mask_u8(mask, mask, 4, 1.5F, out) == SR_BAD_ARGUMENT);
    CHECK(sr_mndwi_mask_u16((uint16_t *)askew, (uint16_t *)askew, 2, __builtin_nanf(""), out) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_rasterise(askew, three, 1, 2, 2, out) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_rasterise(outside, four, 1, 2, 2, out) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_rasterise(outside, falling, 2, 3, 3, out) == SR_BAD_ARGUMENT);
    CHECK(sr_mask_scratch_bound(0, 1) == 0 && sr_mask_outlines_bound(1, SR_IMAGE_SIDE_MAX + 1) == 0);
}

int main(void) {
    START();
    static const size_t widths[] = {1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200};
    uint64_t state = 7;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        index_stays_inside(widths[i], &state);
        chequers_fit(5, widths[i]);
        for (unsigned share = 0; share <= 256; share += 64) masks_stay_inside(1 + i, widths[i], share, &state);
    }
    masks_stay_inside(3, SR_IMAGE_SIDE_MAX, 128, &state);
    chequers_fit(1, SR_IMAGE_SIDE_MAX);
    little_scratch_is_refused();
    misuse_is_refused();
    CHECK(sr_selftest_image() == SR_OK);
    DONE();
}
