/* Outlines of a mask: walk along the pixel edges with water on the left and write down the turns. */
#include "image/outlines.h"
#include "image/regions.h"
#include <string.h>

/* A pixel of the padded copy; LAND_SEEN is land below an edge that belongs to a ring already written. */
enum pixel { LAND = 0, WATER = 1, LAND_SEEN = 2 };
enum { NO_RUN = UINT32_MAX };

struct tracer {
    uint8_t *pixels; /* the mask inside a frame of land one pixel wide */
    size_t cols, stride;
    const struct regions *water;
    struct writer to;
    uint32_t bits, bit_count; /* turns that do not fill an octet yet */
};

static size_t padded_size(size_t rows, size_t cols) { return (rows + 2) * (cols + 2); }

static size_t runs_bound(size_t rows, size_t cols) { return rows * ((cols + 1) / 2); }

size_t sr_mask_scratch_bound(size_t rows, size_t cols) {
    if (!image_shape(rows, cols)) return 0;
    return padded_size(rows, cols) + _Alignof(struct run) + runs_bound(rows, cols) * sizeof(struct run);
}

/* Every edge between pixels belongs to one ring at most, and a ring has four or more. A ring takes 2 bits an edge,
 * up to an octet of filling, 4 of start, and 1 that ends its polygon: less than 2 octets an edge. */
size_t sr_mask_outlines_bound(size_t rows, size_t cols) {
    return image_shape(rows, cols) ? VARINT_OCTETS + 2 * (2 * rows * cols + rows + cols) : 0;
}

static void put_turn(struct tracer *t, enum turn turn) {
    static const uint8_t codes[HEADINGS] = {[STRAIGHT] = 0, [LEFT] = 2, [RIGHT] = 3};
    uint32_t width = turn == STRAIGHT ? 1 : 2;
    t->bits = t->bits << width | codes[turn], t->bit_count += width;
    if (t->bit_count < 8) return;
    t->bit_count -= 8;
    put_octet(&t->to, (uint8_t)(t->bits >> t->bit_count));
}

static void flush_turns(struct tracer *t) {
    if (t->bit_count) put_octet(&t->to, (uint8_t)(t->bits << (8 - t->bit_count)));
    t->bits = t->bit_count = 0;
}

/* The component of the pixel of water at a place of the padded copy: a binary search for its run. */
static uint32_t component_at(const struct tracer *t, size_t place) {
    size_t row = place / t->stride - 1, col = place % t->stride - 1;
    uint32_t low = 0, high = t->water->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const struct run *run = &t->water->runs[middle];
        if (run->row < row || (run->row == row && run->start <= col)) low = middle;
        else high = middle;
    }
    return t->water->runs[low].root;
}

/* The turn that a ring of component `own` takes at `corner`, named by the place of the pixel up and left of it. */
static enum turn choose_turn(const struct tracer *t, size_t corner, enum heading heading, uint32_t own) {
    const size_t around[HEADINGS] = {corner + 1, corner, corner + t->stride, corner + t->stride + 1}; /* NE NW SW SE */
    size_t ahead_left = around[heading], ahead_right = around[(heading + HEADINGS - 1) % HEADINGS];
    int water_left = t->pixels[ahead_left] == WATER, water_right = t->pixels[ahead_right] == WATER;
    if (water_left) return water_right ? RIGHT : STRAIGHT;
    return water_right && component_at(t, ahead_right) == own ? RIGHT : LEFT;
}

/* Write the turns of the ring of component `own` that leaves corner `start` with `heading`. */
static void trace_ring(struct tracer *t, size_t start, enum heading heading, uint32_t own) {
    const size_t steps[HEADINGS] = {1, -t->stride, (size_t)-1, t->stride};
    for (size_t corner = start;;) {
        corner += steps[heading];
        if (heading == EAST) t->pixels[corner + t->stride] = LAND_SEEN;
        if (corner == start) break;
        enum turn turn = choose_turn(t, corner, heading, own);
        put_turn(t, turn);
        heading = turned(heading, turn);
    }
    flush_turns(t);
}

/* The place of a pixel in the padded copy; and that of the pixel up and left of it, which names its upper-left
 * corner. */
static size_t place_of(const struct tracer *t, size_t row, size_t col) { return (row + 1) * t->stride + col + 1; }
static size_t corner_of(const struct tracer *t, size_t row, size_t col) { return row * t->stride + col; }

/* Write the rings of the holes of component `own`: each LAND below one of its runs starts one. */
static void trace_holes(struct tracer *t, uint32_t own) {
    const struct run *runs = t->water->runs;
    size_t previous = runs[own].row * t->cols + runs[own].start;
    for (uint32_t i = own; i != NO_RUN; i = runs[i].tag) {
        size_t row = runs[i].row + 1;
        const uint8_t *below = t->pixels + place_of(t, row, 0), *at = below + runs[i].start, *end = below + runs[i].end;
        while ((at = memchr(at, LAND, (size_t)(end - at)))) {
            size_t col = (size_t)(at - below), start = row * t->cols + col;
            put_varint(&t->to, (uint32_t)(start - previous));
            trace_ring(t, corner_of(t, row, col), EAST, own);
            previous = start;
        }
    }
    put_octet(&t->to, 0);
}

/* Link the runs of each component by their tags, in raster order, the root first. Returns the number of components. */
static uint32_t chain_runs(const struct regions *water) {
    uint32_t components = 0;
    for (uint32_t i = 0; i < water->count; i++) water->runs[i].tag = NO_RUN;
    for (uint32_t i = water->count; i-- > 0;) {
        struct run *run = &water->runs[i], *root = &water->runs[run->root];
        if (run == root) components++;
        else run->tag = root->tag, root->tag = i;
    }
    return components;
}

static void trace_all(struct tracer *t) {
    const struct run *runs = t->water->runs;
    size_t previous = 0;
    put_varint(&t->to, chain_runs(t->water));
    for (uint32_t i = 0; i < t->water->count; i++) {
        if (runs[i].root != i) continue;
        size_t start = runs[i].row * t->cols + runs[i].start;
        put_varint(&t->to, (uint32_t)(start - previous));
        trace_ring(t, corner_of(t, runs[i].row, runs[i].start), SOUTH, i);
        trace_holes(t, i);
        previous = start;
    }
}

static void pad(const struct tracer *t, const uint8_t *mask, size_t rows) {
    memset(t->pixels, LAND, padded_size(rows, t->cols));
    for (size_t row = 0; row < rows; row++, mask += t->cols) {
        uint8_t *to = t->pixels + place_of(t, row, 0);
        for (size_t c = 0; c < t->cols; c++) to[c] = mask[c] ? WATER : LAND;
    }
}

int sr_mask_outlines_encode(const uint8_t *mask, size_t rows, size_t cols, uint8_t *out, size_t out_size,
                            size_t *out_used, void *scratch, size_t scratch_size) {
    if (!image_shape(rows, cols)) return SR_BAD_ARGUMENT;
    size_t frame = padded_size(rows, cols);
    if (scratch_size < frame) return SR_TOO_SMALL;
    struct regions water = regions_in((uint8_t *)scratch + frame, scratch_size - frame);
    struct tracer t = {.pixels = scratch, .cols = cols, .stride = cols + 2, .water = &water, .to = {out, out_size, 0}};
    if (regions_find(&water, mask, rows, cols, 0) != SR_OK) return SR_TOO_SMALL;
    pad(&t, mask, rows);
    trace_all(&t);
    *out_used = t.to.used;
    return t.to.used <= out_size ? SR_OK : SR_TOO_SMALL;
}
