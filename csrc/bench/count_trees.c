#include "count.h"
#include "skyrack/crc.h"
#include "skyrack/trees.h"

enum { FEATURES = 4, TREES = 8, LEAVES = 256, PIXELS = 4096 };
enum { SHAPE = (2 * LEAVES - 1 + 7) / 8, TREE = 2 + SHAPE + 2 * (LEAVES - 1) + 8 * LEAVES };
static uint8_t forest[21 + FEATURES + TREES * TREE], codes[FEATURES * PIXELS];
static double sums[PIXELS], loaded[1 << 16], scratch[1 << 17];
static size_t loaded_size;
static float values[PIXELS], limits[255];

static uint8_t *put(uint8_t *to, uint64_t number, size_t octets) {
    memcpy(to, &number, octets); /* valgrind runs on little-endian machines */
    return to + octets;
}

/* Write the shape of a full tree of `leaves` leaves in preorder, from bit `at` on; returns the bit behind it. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree */
static size_t shape(uint8_t *bits, size_t at, size_t leaves) {
    if (leaves == 1) return at + 1;
    bits[at / 8] |= (uint8_t)(0x80 >> at % 8);
    return shape(bits, shape(bits, at + 1, leaves / 2), leaves / 2);
}

static void write_forest(void) {
    uint8_t *at = forest;
    memcpy(at, "SRT2", 4), at = put(at + 4, FEATURES, 2), at = put(at, TREES, 2);
    at = put(at, TREES * (2 * LEAVES - 1), 4), at = put(at, TREES * LEAVES, 4), at = put(at, SR_TREES_FLOAT64, 1);
    for (int f = 0; f < FEATURES; f++) at = put(at, 255, 1);
    for (int tree = 0; tree < TREES; tree++) {
        at = put(at, LEAVES, 2);
        shape(at, 0, LEAVES), at += SHAPE;
        for (int i = 0; i < LEAVES - 1; i++)
            at = put(put(at, (uint64_t)i % FEATURES, 1), (uint64_t)(i * 37 + tree) % 255, 1);
        for (int i = 0; i < LEAVES; i++) memcpy(at, &(double){i}, 8), at += 8;
    }
    put(at, sr_crc32c(forest, (size_t)(at - forest), SR_CRC32C_START), 4);
}

static void load(void) {
    if (sr_trees_load(forest, sizeof forest, loaded, loaded_size) != SR_OK) abort();
}

static void score(void) {
    if (sr_trees_score(loaded, loaded_size, codes, FEATURES, PIXELS, PIXELS, sums, scratch, sizeof scratch) != SR_OK)
        abort();
}

int main(void) {
    write_forest();
    loaded_size = sr_trees_loaded_size(forest, sizeof forest);
    if (!loaded_size || loaded_size > sizeof loaded) abort();
    fill(codes, sizeof codes);
    for (int i = 0; i < 255; i++) limits[i] = (float)i;
    for (int i = 0; i < PIXELS; i++) values[i] = codes[i];
    COUNT("load 8 trees of 256 leaves", load());
    COUNT("score 4096 pixels by 8 trees of 256 leaves", score());
    COUNT("quantise 4096 values", sr_trees_quantise_f32(values, PIXELS, limits, 0, codes));
    return 0;
}
