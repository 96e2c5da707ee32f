/* From the octets of a forest to nodes that can be walked; nothing is used before it was checked. */
#include "skyrack/crc.h"
#include "trees/ops.h"

enum { HEAD = 17, CRC = 4 };

struct reader {
    const uint8_t *next, *end;
    int bad;
};

static uint64_t take(struct reader *reader, size_t octets) {
    uint64_t value = 0;
    if ((size_t)(reader->end - reader->next) < octets) return reader->bad = 1, 0;
    for (size_t i = 0; i < octets; i++) value |= (uint64_t)reader->next[i] << 8 * i;
    reader->next += octets;
    return value;
}

/* Octets that a forest of these counts has when loaded; 0 where a forest of `size` octets cannot hold that much. */
static size_t needed_size(size_t features, size_t trees, size_t nodes, size_t leaves, size_t size) {
    if (leaves > size / 8 || trees > leaves || nodes > 2 * leaves || features > size) return 0;
    return trees_loaded_size(features, trees, nodes, leaves);
}

size_t sr_trees_loaded_size(const uint8_t *forest, size_t size) {
    struct reader reader = {forest, forest + size, 0};
    take(&reader, 4);
    size_t features = take(&reader, 2), trees = take(&reader, 2), nodes = take(&reader, 4), leaves = take(&reader, 4);
    return reader.bad ? 0 : needed_size(features, trees, nodes, leaves, size);
}

/* Where the parts of one tree lie in the forest, and its counts. */
struct tree {
    const uint8_t *shape, *splits, *values;
    size_t nodes, leaves, split_size;
};

static struct tree tree_at(struct reader *reader, size_t features) {
    struct tree tree = {.leaves = take(reader, 2), .split_size = features > 256 ? 3 : 2};
    tree.nodes = tree.leaves ? 2 * tree.leaves - 1 : 0;
    size_t shape = (tree.nodes + 7) / 8, splits = tree.split_size * (tree.nodes - tree.leaves),
           values = 8 * tree.leaves;
    if (!tree.leaves || tree.leaves > SR_TREES_LEAVES_MAX ||
        (size_t)(reader->end - reader->next) < shape + splits + values)
        return reader->bad = 1, tree;
    tree.shape = reader->next, tree.splits = tree.shape + shape, tree.values = tree.splits + splits;
    reader->next = tree.values + values;
    return tree;
}

static int is_split(const struct tree *tree, size_t node) { return tree->shape[node / 8] >> (7 - node % 8) & 1; }

/* Lay out the nodes of a tree; each split waits on the stack for the number of its right child. 0 where the shape is no
 * tree, is too deep, or a split is out of range. */
static int lay_out(const struct tree *tree, const struct trees_model *model, struct trees_node *nodes) {
    uint16_t waiting[SR_TREES_DEPTH_MAX];
    size_t depth = 0, splits = 0, leaves = 0, node = 0;
    for (; node < tree->nodes; node++) {
        if (is_split(tree, node)) {
            if (splits == tree->nodes - tree->leaves || depth == SR_TREES_DEPTH_MAX) return 0;
            const uint8_t *split = tree->splits + tree->split_size * splits++;
            const size_t feature = tree->split_size == 2 ? split[0] : split[0] | (size_t)split[1] << 8;
            const uint8_t level = split[tree->split_size - 1];
            if (feature >= model->features) return 0;
            const uint16_t *first = trees_first_splits(model) + feature;
            if (level >= first[1] - first[0]) return 0;
            nodes[node] = (struct trees_node){.split = (uint16_t)(first[0] + level)};
            waiting[depth++] = (uint16_t)node;
        } else {
            if (leaves == tree->leaves) return 0;
            nodes[node] = (struct trees_node){.split = TREES_LEAF, .next = (uint16_t)leaves++};
            if (!depth) break; /* the tree is complete */
            nodes[waiting[--depth]].next = (uint16_t)(node + 1);
        }
    }
    return node + 1 == tree->nodes && leaves == tree->leaves;
}

static int load(struct reader *reader, struct trees_model *model) {
    uint16_t *first = trees_first_splits(model);
    first[0] = 0;
    for (size_t f = 0; f < model->features; f++) {
        model->splits += (uint32_t)take(reader, 1);
        if (reader->bad || model->splits + 2 * (size_t)model->features > SR_TREES_ROWS_MAX) return SR_CORRUPT;
        first[f + 1] = (uint16_t)model->splits;
    }
    struct trees_root *roots = trees_roots(model);
    size_t node = 0, leaf = 0;
    for (uint32_t t = 0; t < model->trees; t++) {
        struct tree tree = tree_at(reader, model->features);
        if (reader->bad || tree.nodes > model->nodes - node || tree.leaves > model->leaves - leaf) return SR_CORRUPT;
        if (!lay_out(&tree, model, trees_nodes(model) + node)) return SR_CORRUPT;
        for (size_t i = 0; i < tree.leaves; i++) {
            struct reader value = {tree.values + 8 * i, tree.values + 8 * i + 8, 0};
            uint64_t bits = take(&value, 8);
            memcpy(trees_leaves(model) + leaf + i, &bits, 8);
        }
        roots[t] = (struct trees_root){(uint32_t)node, (uint32_t)leaf};
        node += tree.nodes, leaf += tree.leaves;
    }
    roots[model->trees] = (struct trees_root){(uint32_t)node, (uint32_t)leaf};
    return reader->next == reader->end && node == model->nodes && leaf == model->leaves ? SR_OK : SR_CORRUPT;
}

int sr_trees_load(const uint8_t *forest, size_t size, void *loaded, size_t loaded_size) {
    if (size < HEAD + CRC || memcmp(forest, "SRT2", 4) != 0) return SR_CORRUPT;
    struct reader check = {forest + size - CRC, forest + size, 0};
    if (sr_crc32c(forest, size - CRC, SR_CRC32C_START) != take(&check, 4)) return SR_CORRUPT;
    struct reader reader = {forest + 4, forest + size - CRC, 0};
    size_t features = take(&reader, 2), trees = take(&reader, 2), nodes = take(&reader, 4), leaves = take(&reader, 4);
    size_t precision = take(&reader, 1), needed = needed_size(features, trees, nodes, leaves, size);
    if (!features || features > SR_TREES_FEATURES_MAX || precision > SR_TREES_FLOAT32 || !trees || !needed)
        return SR_CORRUPT;
    if ((uintptr_t)loaded % sizeof(double)) return SR_BAD_ARGUMENT;
    if (loaded_size < needed) return SR_TOO_SMALL;
    struct trees_model *model = loaded;
    *model = (struct trees_model){.features = (uint32_t)features,
                                  .trees = (uint32_t)trees,
                                  .precision = (uint32_t)precision,
                                  .nodes = (uint32_t)nodes,
                                  .leaves = (uint32_t)leaves};
    return load(&reader, model);
}
