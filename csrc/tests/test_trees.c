#include "check.h"
#include "skyrack/crc.h"
#include "skyrack/trees.h"
#include <math.h>

/* A random forest as octets, and its walk from root to leaf. */
enum { FEATURES = 5, ROOM = 1 << 16 };
static uint8_t forest[ROOM];
static size_t forest_size, forest_nodes, forest_leaves;
static const uint8_t LEVELS[FEATURES] = {255, 1, 40, 7, 255};

static void put(const void *octets, size_t size) { memcpy(forest + forest_size, octets, size), forest_size += size; }
static void put_number(uint64_t value, size_t octets) {
    put(&value, octets);
} /* the tests run on little-endian machines */

struct tree {
    uint8_t split[2000], feature[2000], level[2000];
    double leaf[2000];
    size_t nodes, leaves;
};

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree */
static void grow(struct tree *tree, unsigned depth, uint64_t *seed) {
    size_t node = tree->nodes++;
    tree->split[node] = depth && draw(seed) % 8;
    if (!tree->split[node]) {
        tree->leaf[node] = (double)(int64_t)draw(seed) / 1e17, tree->leaves++;
        return;
    }
    tree->feature[node] = (uint8_t)(draw(seed) % FEATURES);
    tree->level[node] = (uint8_t)(draw(seed) % LEVELS[tree->feature[node]]);
    grow(tree, depth - 1, seed), grow(tree, depth - 1, seed);
}

static double walk(const struct tree *tree, const uint8_t *codes, size_t stride) {
    size_t node = 0;
    while (tree->split[node]) {
        int left = codes[tree->feature[node] * stride] <= tree->level[node];
        node++;
        for (size_t open = !left; open; node++) open += tree->split[node] ? 1 : (size_t)-1; /* past the left one */
    }
    return tree->leaf[node];
}

static void write_tree(const struct tree *tree) {
    uint8_t shape[250] = {0};
    for (size_t i = 0; i < tree->nodes; i++) shape[i / 8] |= (uint8_t)(tree->split[i] << (7 - i % 8));
    put_number(tree->leaves, 2), put(shape, (tree->nodes + 7) / 8);
    for (size_t i = 0; i < tree->nodes; i++)
        if (tree->split[i]) put_number(tree->feature[i], 1), put_number(tree->level[i], 1);
    for (size_t i = 0; i < tree->nodes; i++)
        if (!tree->split[i]) put(&tree->leaf[i], 8);
}

static void seal(void) { put_number(sr_crc32c(forest, forest_size, SR_CRC32C_START), 4); }

static void write_forest(const struct tree *trees, size_t count, unsigned precision) {
    forest_size = forest_nodes = forest_leaves = 0;
    for (size_t t = 0; t < count; t++) forest_nodes += trees[t].nodes, forest_leaves += trees[t].leaves;
    put("SRT2", 4), put_number(FEATURES, 2), put_number(count, 2), put_number(forest_nodes, 4);
    put_number(forest_leaves, 4), put_number(precision, 1), put(LEVELS, FEATURES);
    for (size_t t = 0; t < count; t++) write_tree(trees + t);
    seal();
}

static void sums_are_those_of_the_walk(unsigned precision) {
    enum { TREES = 9, COUNT = 9000 };
    static struct tree trees[TREES];
    uint64_t seed = 1;
    uint8_t *codes = guarded(FEATURES * COUNT);
    memset(trees, 0, sizeof trees);
    for (int t = 0; t < TREES; t++) grow(trees + t, 8, &seed);
    write_forest(trees, TREES, precision);
    size_t room = sr_trees_loaded_size(forest, forest_size);
    double *loaded = (double *)guarded(room), *sums = (double *)guarded(8 * COUNT);
    CHECK(sr_trees_load(forest, forest_size, loaded, room) == SR_OK);
    CHECK(sr_trees_load(forest, forest_size, loaded, room - 1) == SR_TOO_SMALL);
    size_t scratch_size = sr_trees_scratch(loaded);
    double *scratch = malloc(scratch_size);
    fill(codes, FEATURES * COUNT, &seed);
    for (size_t count = 0; count <= COUNT; count += 1 + count * 2) {
        const uint8_t *last =
            codes + COUNT - count; /* each feature's row ends at the next one, the last at the guard */
        CHECK(sr_trees_score(loaded, room, last, FEATURES, COUNT, count, sums + COUNT - count, scratch, scratch_size) ==
              SR_OK);
        for (size_t i = 0; i < count; i++) {
            double expected = 0;
            for (int t = 0; t < TREES; t++) {
                expected += walk(trees + t, last + i, COUNT);
                if (precision == SR_TREES_FLOAT32) expected = (float)expected;
            }
            CHECK(sums[COUNT - count + i] == expected);
        }
    }
    CHECK(sr_trees_score(loaded, room, codes, FEATURES, COUNT, 1, sums, scratch, scratch_size - 1) == SR_TOO_SMALL);
    CHECK(sr_trees_score(loaded, room, codes, FEATURES + 1, COUNT, 1, sums, scratch, scratch_size) == SR_CORRUPT);
    free(scratch), release((uint8_t *)loaded, room), release((uint8_t *)sums, 8 * COUNT),
        release(codes, FEATURES * COUNT);
}

static void nothing_damaged_is_loaded(void) {
    static struct tree tree;
    uint64_t seed = 5;
    memset(&tree, 0, sizeof tree);
    while (tree.leaves < 9) memset(&tree, 0, sizeof tree), grow(&tree, 5, &seed);
    write_forest(&tree, 1, SR_TREES_FLOAT64);
    size_t room = 4 * forest_size + 1024;
    double *loaded = malloc(room);
    uint8_t *copy = guarded(forest_size);
    for (size_t size = 0; size < forest_size; size++) CHECK(sr_trees_load(forest, size, loaded, room) == SR_CORRUPT);
    for (size_t bit = 0; bit < 8 * forest_size; bit++) { /* with the check sequence as it was, and corrected */
        memcpy(copy, forest, forest_size), copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(sr_trees_load(copy, forest_size, loaded, room) == SR_CORRUPT);
        uint32_t crc = sr_crc32c(copy, forest_size - 4, SR_CRC32C_START);
        memcpy(copy + forest_size - 4, &crc, 4);
        int result = sr_trees_load(copy, forest_size, loaded, room);
        CHECK(result == SR_OK || result == SR_CORRUPT || result == SR_TOO_SMALL);
    }
    release(copy, forest_size), free(loaded);
}

/* More features than an octet can number, with one level each, and a tree that splits on the last one. */
static void many_features(void) {
    enum { MANY = 700, COUNT = 3000 };
    forest_size = 0;
    put("SRT2", 4), put_number(MANY, 2), put_number(1, 2), put_number(3, 4), put_number(2, 4);
    put_number(SR_TREES_FLOAT64, 1);
    for (int f = 0; f < MANY; f++) put_number(1, 1);
    put_number(2, 2), put_number(0x80, 1), put_number(MANY - 1, 2), put_number(0, 1);
    double leaves[2] = {1, 2};
    put(leaves, sizeof leaves);
    seal();
    size_t room = sr_trees_loaded_size(forest, forest_size);
    double *loaded = (double *)guarded((room + 7) / 8 * 8), sums[COUNT];
    CHECK(sr_trees_load(forest, forest_size, loaded, room) == SR_OK);
    size_t scratch_size = sr_trees_scratch(loaded);
    double *scratch = malloc(scratch_size);
    uint8_t *codes = guarded((size_t)MANY * COUNT);
    memset(codes, 9, (size_t)MANY * COUNT);
    for (size_t i = 0; i < COUNT; i++) codes[(size_t)(MANY - 1) * COUNT + i] = i % 3 == 0;
    CHECK(sr_trees_score(loaded, room, codes, MANY, COUNT, COUNT, sums, scratch, scratch_size) == SR_OK);
    for (size_t i = 0; i < COUNT; i++) CHECK(sums[i] == (i % 3 ? 1 : 2));
    free(scratch), release((uint8_t *)loaded, (room + 7) / 8 * 8), release(codes, (size_t)MANY * COUNT);
}

/* Whichever bit flips in a loaded forest: sums are wrong, or SR_CORRUPT comes back, and nothing outside is touched,
 * even if scratch holds the worst from before: numbers of rows just behind its end. The forest is that of the
 * self-test. */
static void memory_that_changed_is_survived(void) {
    static const uint8_t FOREST[] = {'S', 'R',  'T',  '2',  2,    0, 2,    0,    8, 0,    0,    0,    5,    0,    0,
                                     0,   0,    4,    8,    3,    0, 0xC0, 0,    3, 1,    0,    0,    0,    0,    0,
                                     0,   0,    0xF0, 0x3F, 0,    0, 0,    0,    0, 0,    0x00, 0x40, 0,    0,    0,
                                     0,   0,    0,    0x10, 0x40, 2, 0,    0x80, 1, 7,    0,    0,    0,    0,    0,
                                     0,   0xE0, 0x3F, 0,    0,    0, 0,    0,    0, 0x20, 0xC0, 0x2D, 0x1F, 0xA4, 0x05};
    enum {
        COUNT = 40,
        WALK = 140000 /* octets at the end of the scratch: rows, and which splits have them */,
        BEHIND = 17
    };
    const size_t room = sr_trees_loaded_size(FOREST, sizeof FOREST);
    uint8_t *loaded = guarded(room), codes[2 * COUNT];
    CHECK(sr_trees_load(FOREST, sizeof FOREST, loaded, room) == SR_OK);
    const size_t scratch_size = (sr_trees_scratch(loaded) + 63) / 64 * 64;
    uint8_t *scratch = guarded(scratch_size);
    double sums[COUNT];
    for (size_t i = 0; i < sizeof codes; i++) codes[i] = (uint8_t)(i % 9);
    FOR_EACH_FLIP(loaded, room) {
        for (size_t i = scratch_size - WALK; i < scratch_size; i += 2) scratch[i] = BEHIND, scratch[i + 1] = 0;
        int result = sr_trees_score(loaded, room, codes, 2, COUNT, COUNT, sums, scratch, scratch_size);
        CHECK(result == SR_OK || result == SR_CORRUPT || result == SR_TOO_SMALL);
    }
    release(loaded, room), release(scratch, scratch_size);
}

static void quantising(void) {
    float limits[255];
    double wide[255];
    for (int i = 0; i < 255; i++) wide[i] = limits[i] = i < 100 ? (float)i - 50.0F : INFINITY;
    float values[] = {-1e30F, -50.0F, -49.5F, -50.0F + 1e-5F, 0, NAN, 49.0F, 49.5F, 1e30F, INFINITY};
    uint8_t codes[10], wide_codes[10];
    double wide_values[10];
    for (int i = 0; i < 10; i++) wide_values[i] = values[i];
    sr_trees_quantise_f32(values, 10, limits, 77, codes);
    sr_trees_quantise_f64(wide_values, 10, wide, 101, wide_codes);
    static const uint8_t EXPECTED[10] = {0, 0, 1, 1, 50, 77, 99, 100, 100, 100};
    CHECK(memcmp(codes, EXPECTED, 10) == 0);
    CHECK(wide_codes[5] == 101 && memcmp(wide_codes, EXPECTED, 5) == 0 && memcmp(wide_codes + 6, EXPECTED + 6, 4) == 0);
    static uint8_t table[65536];
    for (int i = 0; i < 65536; i++) table[i] = (uint8_t)(i % 251);
    sr_trees_look_up((const uint16_t[]){0, 250, 251, 65535}, 4, table, codes);
    CHECK(codes[0] == 0 && codes[1] == 250 && codes[2] == 0 && codes[3] == 65535 % 251);
    double odds[2] = {0, -1};
    sr_logistic(odds, 2);
    CHECK(odds[0] == 0.5 && odds[1] == 1 / (1 + exp(1.0)));
    float single_odds[2] = {0, -1};
    sr_logistic_f32(single_odds, 2);
    CHECK(single_odds[0] == 0.5F && single_odds[1] == 1 / (1 + expf(1.0F)));
    double powers[2] = {0, -1};
    float single_powers[2] = {0, -1};
    sr_exp(powers, 2), sr_exp_f32(single_powers, 2);
    CHECK(powers[0] == 1 && powers[1] == exp(-1.0) && single_powers[0] == 1 && single_powers[1] == expf(-1.0F));
}

int main(void) {
    START();
    sums_are_those_of_the_walk(SR_TREES_FLOAT64);
    sums_are_those_of_the_walk(SR_TREES_FLOAT32);
    nothing_damaged_is_loaded();
    memory_that_changed_is_survived();
    many_features();
    quantising();
    CHECK(sr_selftest_trees() == SR_OK);
    DONE();
}
