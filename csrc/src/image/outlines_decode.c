/* Outlines to rings of corners, and rings to a mask. */
#include "image/ops.h"
#include "image/outlines.h"
#include <string.h>

/* The place that the reading of a ring has reached: a corner of the lattice, the heading, and how many quarter turns to
 * the left, less those to the right, it has made. */
struct walk {
    int32_t x, y;
    enum heading heading;
    int32_t quarters;
};

struct plotter {
    struct reader from;
    int32_t rows, cols;
    int32_t (*corners)[2];
    uint32_t count; /* corners so far */
};

/* Bit number `bit` of the turns, the most significant of an octet first; -1 past the end of the octets. */
static int get_bit(const struct reader *from, size_t bit) {
    size_t at = from->at + bit / 8;
    return at < from->size ? from->octets[at] >> (7 - bit % 8) & 1 : -1;
}

static int get_turn(const struct reader *from, size_t *bit, enum turn *turn) {
    int bends = get_bit(from, (*bit)++), right = bends == 1 ? get_bit(from, (*bit)++) : 0;
    *turn = bends == 0 ? STRAIGHT : right ? RIGHT : LEFT;
    return bends >= 0 && right >= 0;
}

/* Check that the bits after the last turn are zero, and go on behind their octet. */
static int skip_filling(struct reader *from, size_t bit) {
    for (; bit % 8; bit++)
        if (get_bit(from, bit)) return 0;
    from->at += bit / 8;
    return 1;
}

static void plot(struct plotter *p, const struct walk *walk) {
    p->corners[p->count][0] = walk->x, p->corners[p->count][1] = walk->y;
    p->count++;
}

static int step(const struct plotter *p, struct walk *walk) {
    static const int8_t dx[HEADINGS] = {1, 0, -1, 0}, dy[HEADINGS] = {0, -1, 0, 1};
    walk->x += dx[walk->heading], walk->y += dy[walk->heading];
    return walk->x >= 0 && walk->x <= p->cols && walk->y >= 0 && walk->y <= p->rows;
}

static void turn_by(struct walk *walk, enum turn turn) {
    walk->heading = turned(walk->heading, turn);
    walk->quarters += turn == LEFT ? 1 : turn == RIGHT ? -1 : 0;
}

/* Read the turns of the ring that starts at pixel number `start`; `closing` is the last turn, which is not written. */
static int read_turns(struct plotter *p, uint32_t start, enum heading heading, enum turn closing) {
    struct walk walk = {(int32_t)(start % (uint32_t)p->cols), (int32_t)(start / (uint32_t)p->cols), heading, 0};
    const struct walk first = walk;
    enum turn turn;
    size_t bit = 0;
    for (plot(p, &walk); step(p, &walk);) {
        if (walk.x == first.x && walk.y == first.y) {
            turn_by(&walk, closing);
            int once_round = walk.heading == heading && walk.quarters == (closing == LEFT ? 4 : -4);
            return once_round && skip_filling(&p->from, bit);
        }
        if (!get_turn(&p->from, &bit, &turn)) return 0;
        turn_by(&walk, turn);
        if (turn != STRAIGHT) plot(p, &walk);
    }
    return 0;
}

/* Read a start, written as the difference from the one before. Returns 0 where it is no pixel of the image. */
static int read_start(struct plotter *p, uint32_t *start) {
    uint32_t step_px;
    if (!get_varint(&p->from, &step_px)) return 0;
    *start += step_px;
    return *start < (uint32_t)(p->rows * p->cols);
}

/* Rings of one polygon; its exterior starts at *start. Returns how many, 0 for corrupt octets. */
static uint32_t read_polygon(struct plotter *p, uint32_t *start, uint32_t *ring_ends) {
    uint32_t rings = 0, hole, before;
    if (!read_start(p, start) || !read_turns(p, *start, SOUTH, LEFT)) return 0;
    for (hole = before = *start;; before = hole) {
        ring_ends[rings++] = p->count;
        if (!read_start(p, &hole)) return 0;
        if (hole == before) return rings;
        if (!read_turns(p, hole, EAST, RIGHT)) return 0;
    }
}

int sr_mask_outlines_decode(const uint8_t *octets, size_t size, size_t rows, size_t cols, int32_t *corners,
                            uint32_t *ring_ends, uint32_t *polygon_ends, size_t *polygons) {
    if (!image_shape(rows, cols)) return SR_BAD_ARGUMENT;
    struct plotter p = {{octets, size, 0}, (int32_t)rows, (int32_t)cols, (int32_t (*)[2])corners, 0};
    uint32_t count, rings = 0, start = 0;
    if (!get_varint(&p.from, &count)) return SR_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = start, read = read_polygon(&p, &start, ring_ends + rings);
        if (!read || (i && start == before)) return SR_CORRUPT;
        polygon_ends[i] = rings += read;
    }
    *polygons = count;
    return p.from.at == size ? SR_OK : SR_CORRUPT;
}

struct canvas {
    uint8_t *mask;
    size_t rows, cols;
};

static int on_lattice(const struct canvas *canvas, const int32_t *corner) {
    return corner[0] >= 0 && (size_t)corner[0] <= canvas->cols && corner[1] >= 0 && (size_t)corner[1] <= canvas->rows;
}

/* Mark the pixels right of an edge that runs along a column. A mark means: from here to the right, water and land
 * change. */
static int mark_edge(const struct canvas *canvas, const int32_t *from, const int32_t *to) {
    if (!on_lattice(canvas, to) || (from[0] != to[0] && from[1] != to[1])) return 0;
    size_t x = (size_t)to[0], low = (size_t)(from[1] < to[1] ? from[1] : to[1]), high = (size_t)(from[1] + to[1]) - low;
    if (x == canvas->cols) return 1;
    for (size_t y = low; y < high; y++) canvas->mask[y * canvas->cols + x] ^= 1;
    return 1;
}

static int mark_ring(const struct canvas *canvas, const int32_t *corners, uint32_t count) {
    if (!count) return 1;
    const int32_t *from = corners + 2 * (size_t)(count - 1);
    if (!on_lattice(canvas, from)) return 0;
    for (uint32_t i = 0; i < count; i++, from = corners, corners += 2)
        if (!mark_edge(canvas, from, corners)) return 0;
    return 1;
}

/* Turn the marks of a row into pixels: water where the number of marks up to there is odd. */
static void fill_row(uint8_t *row, size_t cols) {
    uint8_t water = 0;
    for (size_t c = 0; c < cols; c++) row[c] = water ^= row[c];
}

int sr_mask_rasterise(const int32_t *corners, const uint32_t *ring_ends, size_t rings, size_t rows, size_t cols,
                      uint8_t *mask) {
    if (!image_shape(rows, cols)) return SR_BAD_ARGUMENT;
    const struct canvas canvas = {mask, rows, cols};
    uint32_t at = 0;
    memset(mask, 0, rows * cols);
    for (size_t i = 0; i < rings; at = ring_ends[i++]) {
        if (ring_ends[i] < at) return SR_BAD_ARGUMENT;
        if (!mark_ring(&canvas, corners + 2 * (size_t)at, ring_ends[i] - at)) return SR_BAD_ARGUMENT;
    }
    for (size_t row = 0; row < rows; row++) fill_row(mask + row * cols, cols);
    return SR_OK;
}
