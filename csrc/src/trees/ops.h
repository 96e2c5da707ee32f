/* What the levels of the trees share.
 *
 * The samples of a block walk a tree together, as a set of bits. For each feature and level a row of bits says which
 * samples have a code up to it; the rows are made once for all trees, so that a split costs an AND and an AND NOT of
 * the set that comes to it. Where a side is empty, it is not visited. Samples are sorted first, so that those of a
 * block are alike: they reach few leaves, and few levels divide them. */
#ifndef SKYRACK_SRC_TREES_OPS_H
#define SKYRACK_SRC_TREES_OPS_H
#include "level.h"
#include "skyrack/trees.h"
#include <math.h>
#include <string.h>

enum { TREES_BLOCK = 2048, TREES_WORDS = TREES_BLOCK / 64, TREES_LEAF = 0xFFFF };

struct trees_node {
    uint16_t split; /* feature and level as one number, see trees_first_splits(); or TREES_LEAF */
    uint16_t next;  /* of a split, the number of its right child in the tree; of a leaf, its number among the leaves */
};

struct trees_model {
    uint32_t features, trees, precision, splits; /* `splits`: pairs of a feature and a level */
    uint32_t nodes, leaves;                      /* of all trees */
};

_Static_assert(sizeof(struct trees_model) % sizeof(double) == 0, "leaves behind it are aligned");

struct trees_root {
    uint32_t node, leaf; /* numbers of the tree's first node and first leaf */
};

/* Octets of a loaded model. Behind struct trees_model lie: a root for each tree and one more, the leaves, the nodes,
 * and for each feature and one more the number of its first split. */
static inline uint64_t trees_loaded_size(uint64_t features, uint64_t trees, uint64_t nodes, uint64_t leaves) {
    return sizeof(struct trees_model) + 8 * (trees + 1 + leaves) + ((4 * nodes + 2 * (features + 1) + 7) & ~7ULL);
}

static inline struct trees_root *trees_roots(const struct trees_model *model) {
    return (struct trees_root *)(model + 1);
}

static inline double *trees_leaves(const struct trees_model *model) {
    return (double *)(trees_roots(model) + model->trees + 1);
}

static inline struct trees_node *trees_nodes(const struct trees_model *model) {
    return (struct trees_node *)(trees_leaves(model) + model->leaves);
}

static inline uint16_t *trees_first_splits(const struct trees_model *model) {
    return (uint16_t *)(trees_nodes(model) + model->nodes);
}

/* Whether the counts of a model are still consistent, for memory may have changed since it was loaded: the first splits
 * of its features ascend from 0 to `splits`, and all that is counted fits into `size` octets. */
static inline int trees_is_sound(const struct trees_model *model, size_t size, size_t features) {
    if (size < sizeof *model || features > SR_TREES_FEATURES_MAX || model->features != features) return 0;
    if (model->splits + 2 * features > SR_TREES_ROWS_MAX) return 0;
    if (trees_loaded_size(features, model->trees, model->nodes, model->leaves) > size) return 0;
    const uint16_t *first = trees_first_splits(model);
    if (first[0] != 0 || first[features] != model->splits) return 0;
    for (size_t f = 0; f < features; f++)
        if (first[f] > first[f + 1] || first[f + 1] - first[f] > 255) return 0;
    return 1;
}

struct trees_row {
    uint64_t words[TREES_WORDS]; /* one bit for each sample of a block */
};

struct trees_visit {
    struct trees_row set;
    uint32_t node;
    uint8_t filler[60]; /* so that the next set begins a cache line of its own */
};

/* One tree and the block that walks it. */
struct trees_walk {
    const struct trees_node *nodes;
    const double *leaves;
    uint32_t node_count, leaf_count, splits;
    const struct trees_row *rows;
    const uint16_t *row_of;    /* for each split the number of its row */
    struct trees_visit *stack; /* room for SR_TREES_DEPTH_MAX */
    double *sums;
};

struct trees_ops {
    void (*quantise_f32)(const float *values, size_t count, const float *limits, uint8_t missing, uint8_t *codes);
    void (*quantise_f64)(const double *values, size_t count, const double *limits, uint8_t missing, uint8_t *codes);
    /* Make the row that says which of TREES_BLOCK codes are at most `level`. */
    void (*compare)(const uint8_t *codes, uint8_t level, struct trees_row *row);
    /* Add the tree's leaves to the sums of the samples that reach them. Returns SR_OK, or SR_CORRUPT where a node
     * points outside the tree, as only changed memory does. */
    int (*add)(const struct trees_walk *walk);
};

/* The functions of the level in use. */
const struct trees_ops *trees_picked(void);

extern const struct trees_ops trees_portable, trees_avx2, trees_avx512, trees_neon;
#endif
