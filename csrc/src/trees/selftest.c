#include "trees_ops.h"

/* Two trees over two features, written out by hand:
 *     x0 <= 3 ? (x1 <= 0 ? 1.0 : 2.0) : 4.0        x1 <= 7 ? 0.5 : -8.0 */
static const uint8_t FOREST[] = {
    'S', 'R', 'T', '1', 2, 0, 2, 0, 8, 0, 0, 0, 5, 0, 0, 0, 4, 8, /* 8 nodes, 5 leaves; 4 and 8 levels */
    3, 0, 0xC0, 0, 3, 1, 0,                                       /* split, split, leaf, leaf, leaf */
    0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0x00, 0x40, 0, 0, 0, 0, 0, 0, 0x10, 0x40,
    2, 0, 0x80, 1, 7, /* split, leaf, leaf */
    0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0, 0, 0, 0, 0, 0, 0x20, 0xC0,
    0x98, 0x61, 0x99, 0xF5};

int sr_selftest_trees(void) {
    double loaded[24], sums[TREES_BLOCK] = {0};
    uint8_t codes[2][TREES_BLOCK];
    if (sr_trees_load(FOREST, sizeof FOREST, loaded, sizeof loaded) != SR_OK) return SR_CORRUPT;
    for (int i = 0; i < TREES_BLOCK; i++) codes[0][i] = (uint8_t)(i % 7), codes[1][i] = (uint8_t)(i % 11);
    const struct trees_model *model = (const void *)loaded;
    const uint8_t *base = (const uint8_t *)loaded;
    const uint32_t *roots = (const uint32_t *)(base + model->roots_at);
    for (int t = 0; t < 2; t++)
        trees_picked()->add((const struct trees_node *)(base + model->nodes_at) + roots[2 * t],
                            (const double *)(base + model->leaves_at) + roots[2 * t + 1], codes[0], sums);
    for (int i = 0; i < TREES_BLOCK; i++) {
        double expected = (i % 7 <= 3 ? (i % 11 <= 0 ? 1.0 : 2.0) : 4.0) + (i % 11 <= 7 ? 0.5 : -8.0);
        if (sums[i] != expected) return SR_CORRUPT;
    }
    return SR_OK;
}
