#include "trees/ops.h"

/* Two trees over two features, written out by hand:
 *     x0 <= 3 ? (x1 <= 0 ? 1.0 : 2.0) : 4.0        x1 <= 7 ? 0.5 : -8.0 */
/* clang-format off */
static const uint8_t FOREST[] = {
    'S', 'R', 'T', '2', 2, 0, 2, 0, 8, 0, 0, 0, 5, 0, 0, 0, 0, 4, 8, /* 8 nodes, 5 leaves; 4 and 8 levels */
    3, 0, 0xC0, 0, 3, 1, 0,                                       /* split, split, leaf, leaf, leaf */
    0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0x00, 0x40, 0, 0, 0, 0, 0, 0, 0x10, 0x40,
    2, 0, 0x80, 1, 7, /* split, leaf, leaf */
    0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0, 0, 0, 0, 0, 0, 0x20, 0xC0,
    0x2D, 0x1F, 0xA4, 0x05};
/* clang-format on */

int sr_selftest_trees(void) {
    enum { LOADED = 96, SPLITS = 12 };
    double loaded[LOADED], sums[TREES_BLOCK] = {0};
    uint8_t codes[2][TREES_BLOCK];
    struct trees_row rows[SPLITS];
    struct trees_visit stack[2];
    uint16_t row_of[SPLITS];
    if (sr_trees_load(FOREST, sizeof FOREST, loaded, sizeof loaded) != SR_OK) return SR_CORRUPT;
    for (int i = 0; i < TREES_BLOCK; i++) codes[0][i] = (uint8_t)(i % 7), codes[1][i] = (uint8_t)(i % 11);
    for (int s = 0; s < SPLITS; s++) {
        trees_picked()->compare(codes[s >= 4], (uint8_t)(s < 4 ? s : s - 4), rows + s);
        row_of[s] = (uint16_t)s;
    }
    const struct trees_model *model = (const void *)loaded;
    const struct trees_root *root = trees_roots(model);
    for (int t = 0; t < 2; t++, root++) {
        const struct trees_walk walk = {.nodes = trees_nodes(model) + root->node,
                                        .leaves = trees_leaves(model) + root->leaf,
                                        .node_count = root[1].node - root->node,
                                        .leaf_count = root[1].leaf - root->leaf,
                                        .splits = model->splits,
                                        .rows = rows,
                                        .row_of = row_of,
                                        .stack = stack,
                                        .sums = sums};
        if (trees_picked()->add(&walk) != SR_OK) return SR_CORRUPT;
    }
    for (int i = 0; i < TREES_BLOCK; i++) {
        double expected = (i % 7 <= 3 ? (i % 11 <= 0 ? 1.0 : 2.0) : 4.0) + (i % 11 <= 7 ? 0.5 : -8.0);
        if (sums[i] != expected) return SR_CORRUPT;
    }
    return SR_OK;
}
