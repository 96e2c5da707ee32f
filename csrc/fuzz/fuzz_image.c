/* Octets 0..2 choose what is done and the image's sides; the rest is a mask, or octets to decode. */
#include "fuzz.h"
#include "skyrack/image.h"

/* The outlines of a mask give the mask back. */
static void outlines_return(const uint8_t *mask, size_t rows, size_t cols, uint8_t *scratch, size_t scratch_size) {
    size_t count = rows * cols, bound = sr_mask_outlines_bound(rows, cols), size, polygons;
    uint8_t *octets = malloc(bound), *again = malloc(count);
    REQUIRE(sr_mask_outlines_encode(mask, rows, cols, octets, bound, &size, scratch, scratch_size) == SR_OK);
    int32_t *corners = malloc(32 * size);
    uint32_t *ring_ends = malloc(4 * size), *polygon_ends = malloc(4 * size);
    REQUIRE(sr_mask_outlines_decode(octets, size, rows, cols, corners, ring_ends, polygon_ends, &polygons) == SR_OK);
    size_t rings = polygons ? polygon_ends[polygons - 1] : 0;
    REQUIRE(sr_mask_rasterise(corners, ring_ends, rings, rows, cols, again) == SR_OK);
    for (size_t i = 0; i < count; i++) REQUIRE(again[i] == (mask[i] != 0));
    free(octets), free(again), free(corners), free(ring_ends), free(polygon_ends);
}

/* Cleaning leaves no small water, and areas add up. */
static void clean_and_label(const uint8_t *mask, size_t rows, size_t cols, uint8_t *scratch, size_t scratch_size) {
    size_t count = rows * cols, capacity = (count + 1) / 2, components, water = 0;
    uint8_t *cleaned = malloc(count);
    int32_t *labels = malloc(4 * count), *areas = malloc(4 * capacity), *boxes = malloc(16 * capacity);
    uint32_t smallest = 1 + mask[0] % 16;
    REQUIRE(sr_mask_clean(mask, rows, cols, smallest, cleaned, scratch, scratch_size) == SR_OK);
    REQUIRE(sr_mask_components(cleaned, rows, cols, labels, areas, boxes, capacity, &components, scratch,
                               scratch_size) == SR_OK);
    for (size_t i = 0; i < components; water += (size_t)areas[i++]) REQUIRE((uint32_t)areas[i] >= smallest);
    for (size_t i = 0; i < count; i++) water -= cleaned[i];
    REQUIRE(water == 0);
    free(cleaned), free(labels), free(areas), free(boxes);
}

static void there_and_back(const uint8_t *mask, size_t rows, size_t cols) {
    size_t scratch_size = sr_mask_scratch_bound(rows, cols);
    uint8_t *scratch = malloc(scratch_size);
    outlines_return(mask, rows, cols, scratch, scratch_size);
    clean_and_label(mask, rows, cols, scratch, scratch_size);
    free(scratch);
}

/* Outlines that can be decoded can be rasterised. */
static void decode_outlines(const uint8_t *octets, size_t size, size_t rows, size_t cols) {
    int32_t *corners = malloc(32 * size);
    uint32_t *ring_ends = malloc(4 * size), *polygon_ends = malloc(4 * size);
    uint8_t *mask = malloc(rows * cols);
    size_t polygons;
    if (sr_mask_outlines_decode(octets, size, rows, cols, corners, ring_ends, polygon_ends, &polygons) == SR_OK) {
        size_t rings = polygons ? polygon_ends[polygons - 1] : 0;
        REQUIRE(sr_mask_rasterise(corners, ring_ends, rings, rows, cols, mask) == SR_OK);
    }
    free(corners), free(ring_ends), free(polygon_ends), free(mask);
}

/* Runs that can be decoded are encoded to the same octets again. */
static void decode_runs(const uint8_t *octets, size_t size, size_t count) {
    size_t bound = sr_mask_runs_bound(count), used;
    uint8_t *mask = malloc(count), *again = malloc(bound);
    if (sr_mask_runs_decode(octets, size, count, mask) == SR_OK) {
        REQUIRE(sr_mask_runs_encode(mask, count, again, bound, &used) == SR_OK);
        REQUIRE(used == size && memcmp(octets, again, size) == 0);
    }
    free(mask), free(again);
}

/* Any octets taken as corners and as ends of rings are rasterised or refused. */
static void rasterise(const uint8_t *data, size_t size, size_t rows, size_t cols) {
    size_t corners = size / 3;
    int32_t *places = malloc(8 * corners + 1);
    uint32_t *ring_ends = malloc(4 * corners + 1), end = 0;
    uint8_t *mask = malloc(rows * cols);
    for (size_t i = 0; i < corners; i++) {
        places[2 * i] = (int8_t)data[3 * i], places[2 * i + 1] = (int8_t)data[3 * i + 1];
        end += data[3 * i + 2] % 4;
        ring_ends[i] = end < corners ? end : (uint32_t)corners;
    }
    sr_mask_rasterise(places, ring_ends, corners, rows, cols, mask);
    free(places), free(ring_ends), free(mask);
}

static void run(const uint8_t *data, size_t size) {
    size_t rows = 1 + data[1] % 80, cols = 1 + data[2];
    const uint8_t *rest = data + 3;
    size -= 3;
    switch (data[0] % 4) {
    case 0:
        cols = cols < size ? cols : size;
        there_and_back(rest, size / cols, cols);
        break;
    case 1: decode_outlines(rest, size, rows, cols); break;
    case 2: decode_runs(rest, size, rows * cols); break;
    default: rasterise(rest, size, rows, cols);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    ON_EACH_LEVEL(level) run(data, size);
    return 0;
}
