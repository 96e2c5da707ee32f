/* The self-test: a small scene through every function, all results folded into one number, which is compared. */
#include "skyrack/image.h"

enum { ROWS = 45, COLS = 61, PIXELS = ROWS * COLS, OUTLINES = 1024, RUNS = 1024, SCRATCH = 32768 };

/* FNV-1a, a hash: one number that stands for all results. */
static uint64_t fold(uint64_t hash, const void *octets, size_t size) {
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)octets)[i]) * 0x100000001B3ULL;
    return hash;
}

/* Rings of light and dark with some grain: after cleaning, lakes within islands within lakes. */
static void draw_scene(uint16_t *green, uint16_t *swir1) {
    for (int i = 0; i < PIXELS; i++) {
        int y = i / COLS - 20, x = i % COLS - 33, d = x * x + 2 * y * y;
        green[i] = (uint16_t)(20 + (d / 3 + ((x * 7) ^ (y * 13))) % 200);
        swir1[i] = (uint16_t)(20 + (d * 5 / 7 + (x ^ y) * 3) % 190);
    }
    green[5] = swir1[5] = 0;
}

static int index_and_mask(const uint16_t *green, const uint16_t *swir1, uint8_t *mask, uint64_t *hash) {
    uint8_t narrow_green[PIXELS], narrow_swir1[PIXELS], again[PIXELS];
    float index[PIXELS];
    for (int i = 0; i < PIXELS; i++) narrow_green[i] = (uint8_t)green[i], narrow_swir1[i] = (uint8_t)swir1[i];
    sr_normalised_difference_u16(green, swir1, PIXELS, index);
    *hash = fold(*hash, index, sizeof index);
    sr_normalised_difference_u8(narrow_green, narrow_swir1, PIXELS, index);
    *hash = fold(*hash, index, sizeof index);
    sr_mndwi_mask_u8(narrow_green, narrow_swir1, PIXELS, 0.125F, again);
    *hash = fold(*hash, again, sizeof again);
    return sr_mndwi_mask_u16(green, swir1, PIXELS, 0.125F, mask);
}

static int regions(const uint8_t *mask, uint8_t *cleaned, uint64_t *hash) {
    int32_t labels[PIXELS], areas[64], boxes[4 * 64];
    uint8_t scratch[SCRATCH];
    size_t count;
    if (sr_mask_clean(mask, ROWS, COLS, 7, cleaned, scratch, sizeof scratch) != SR_OK) return SR_CORRUPT;
    if (sr_mask_components(cleaned, ROWS, COLS, labels, areas, boxes, 64, &count, scratch, sizeof scratch) != SR_OK)
        return SR_CORRUPT;
    *hash = fold(*hash, labels, sizeof labels);
    *hash = fold(*hash, areas, count * sizeof *areas);
    *hash = fold(*hash, boxes, count * 4 * sizeof *boxes);
    return SR_OK;
}

static int same(const uint8_t *a, const uint8_t *b) {
    int differences = 0;
    for (int i = 0; i < PIXELS; i++) differences |= a[i] ^ b[i];
    return !differences;
}

static int outlines(const uint8_t *mask, uint64_t *hash) {
    uint8_t octets[OUTLINES], scratch[SCRATCH], again[PIXELS];
    int32_t corners[8 * OUTLINES];
    uint32_t ring_ends[OUTLINES], polygon_ends[OUTLINES];
    size_t used, polygons;
    if (sr_mask_outlines_encode(mask, ROWS, COLS, octets, sizeof octets, &used, scratch, sizeof scratch) != SR_OK)
        return SR_CORRUPT;
    *hash = fold(*hash, octets, used);
    if (sr_mask_outlines_decode(octets, used, ROWS, COLS, corners, ring_ends, polygon_ends, &polygons) != SR_OK)
        return SR_CORRUPT;
    sr_mask_rasterise(corners, ring_ends, polygon_ends[polygons - 1], ROWS, COLS, again);
    return same(mask, again) ? SR_OK : SR_CORRUPT;
}

static int runs(const uint8_t *mask, uint64_t *hash) {
    uint8_t octets[RUNS], again[PIXELS];
    size_t used;
    if (sr_mask_runs_encode(mask, PIXELS, octets, sizeof octets, &used) != SR_OK) return SR_CORRUPT;
    *hash = fold(*hash, octets, used);
    if (sr_mask_runs_decode(octets, used, PIXELS, again) != SR_OK) return SR_CORRUPT;
    return same(mask, again) ? SR_OK : SR_CORRUPT;
}

int sr_selftest_image(void) {
    const uint64_t golden = 0x52AA1E43515AA624ULL;
    uint64_t hash = 0xCBF29CE484222325ULL;
    uint16_t green[PIXELS], swir1[PIXELS];
    uint8_t mask[PIXELS], cleaned[PIXELS];
    draw_scene(green, swir1);
    if (index_and_mask(green, swir1, mask, &hash) != SR_OK || regions(mask, cleaned, &hash) != SR_OK) return SR_CORRUPT;
    if (outlines(cleaned, &hash) != SR_OK || runs(cleaned, &hash) != SR_OK) return SR_CORRUPT;
    return hash == golden ? SR_OK : SR_CORRUPT;
}
