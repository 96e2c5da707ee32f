#include "image/regions.h"
#include <string.h>

struct box {
    int32_t row_first, col_first, row_end, col_end;
};

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t greatest(int32_t a, int32_t b) { return a > b ? a : b; }

/* Widen a component's box by a run. Runs come in raster order, so the first run has the first row, the last run the
 * last. */
static void widen(struct box *box, const struct run *run) {
    box->col_first = least(box->col_first, run->start);
    box->col_end = greatest(box->col_end, run->end);
    box->row_end = run->row + 1;
}

/* Number the components in the tags of their runs; areas and boxes as far as there is room for them. */
static size_t number(struct regions *water, int32_t *areas, int32_t *boxes, size_t capacity) {
    size_t components = 0;
    for (uint32_t i = 0; i < water->count; i++) {
        struct run *run = &water->runs[i];
        int is_first = run->root == i;
        run->tag = is_first ? (uint32_t)++components : water->runs[run->root].tag;
        if (run->tag > capacity) continue;
        struct box box = {run->row, run->start, run->row + 1, run->end};
        int32_t *place = boxes + 4 * (size_t)(run->tag - 1);
        if (is_first) areas[run->tag - 1] = (int32_t)run->area;
        else memcpy(&box, place, sizeof box), widen(&box, run);
        memcpy(place, &box, sizeof box);
    }
    return components;
}

static void paint(const struct regions *water, size_t rows, size_t cols, int32_t *labels) {
    memset(labels, 0, rows * cols * sizeof *labels);
    for (uint32_t i = 0; i < water->count; i++) {
        const struct run *run = &water->runs[i];
        int32_t *row = labels + run->row * cols;
        for (size_t c = run->start; c < run->end; c++) row[c] = (int32_t)run->tag;
    }
}

int sr_mask_components(const uint8_t *mask, size_t rows, size_t cols, int32_t *labels, int32_t *areas, int32_t *boxes,
                       size_t capacity, size_t *components, void *scratch, size_t scratch_size) {
    if (!image_shape(rows, cols)) return SR_BAD_ARGUMENT;
    struct regions water = regions_in(scratch, scratch_size);
    if (regions_find(&water, mask, rows, cols, 0) != SR_OK) return SR_TOO_SMALL;
    *components = number(&water, areas, boxes, capacity);
    if (*components > capacity) return SR_TOO_SMALL;
    paint(&water, rows, cols, labels);
    return SR_OK;
}
