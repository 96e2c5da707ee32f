#include "count.h"
#include "skyrack/image.h"

enum { ROWS = 128, COLS = 160, PIXELS = ROWS * COLS };
static uint8_t green[PIXELS], swir[PIXELS], mask[PIXELS], cleaned[PIXELS], again[PIXELS];
static uint16_t wide_green[PIXELS], wide_swir[PIXELS];
static int32_t labels[PIXELS], areas[PIXELS], boxes[4 * PIXELS];

/* Round lakes with ragged shores. */
static void lakes(void) {
    fill(green, PIXELS);
    for (int i = 0; i < PIXELS; i++) {
        int row = i / COLS % 40 - 20, col = i % COLS % 50 - 25;
        swir[i] = (uint8_t)(row * row + col * col + green[i] / 2 < 300 ? green[i] / 4 : green[i] / 2 + 128);
        wide_green[i] = (uint16_t)(green[i] * 40), wide_swir[i] = (uint16_t)(swir[i] * 40);
    }
}

int main(void) {
    static float ratio[PIXELS];
    size_t components, size, polygons, scratch_size = sr_mask_scratch_bound(ROWS, COLS);
    size_t outlines_size = sr_mask_outlines_bound(ROWS, COLS), runs_size = sr_mask_runs_bound(PIXELS);
    uint8_t *scratch = malloc(scratch_size), *outlines = malloc(outlines_size), *runs = malloc(runs_size);
    lakes();
    COUNT("normalised difference, 8 bits", sr_normalised_difference_u8(green, swir, PIXELS, ratio));
    COUNT("normalised difference, 16 bits", sr_normalised_difference_u16(wide_green, wide_swir, PIXELS, ratio));
    COUNT("water mask, 8 bits", sr_mndwi_mask_u8(green, swir, PIXELS, 0.1F, mask));
    COUNT("water mask, 16 bits", sr_mndwi_mask_u16(wide_green, wide_swir, PIXELS, 0.1F, mask));
    COUNT("clean", sr_mask_clean(mask, ROWS, COLS, 20, cleaned, scratch, scratch_size));
    COUNT("components",
          sr_mask_components(cleaned, ROWS, COLS, labels, areas, boxes, PIXELS, &components, scratch, scratch_size));
    COUNT("outlines",
          sr_mask_outlines_encode(cleaned, ROWS, COLS, outlines, outlines_size, &size, scratch, scratch_size));
    int32_t *corners = malloc(32 * size);
    uint32_t *rings = malloc(4 * size), *ends = malloc(4 * size);
    COUNT("outlines, decoded", sr_mask_outlines_decode(outlines, size, ROWS, COLS, corners, rings, ends, &polygons));
    COUNT("outlines, filled", sr_mask_rasterise(corners, rings, ends[polygons - 1], ROWS, COLS, again));
    COUNT("runs", sr_mask_runs_encode(cleaned, PIXELS, runs, runs_size, &size));
    COUNT("runs, decoded", sr_mask_runs_decode(runs, size, PIXELS, again));
    return memcmp(cleaned, again, PIXELS) != 0 || components < 4;
}
