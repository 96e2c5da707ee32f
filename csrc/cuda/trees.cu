/* sr_trees_score of skyrack/trees.h on a device: one thread for each sample walks all trees in their order, so that its
 * sum is bit for bit that of the C library. */
#include "device.h"
extern "C" {
#include "trees/ops.h"
}
#include <vector>

namespace {

constexpr unsigned THREADS = 128;

/* The feature and the level that a split's number stands for. */
struct Split {
    uint16_t feature;
    uint8_t level;
};

struct Work {
    const trees_model *model;
    const Split *splits;
    const uint8_t *codes;
    size_t count;
    double *sums;
    int *corrupt;
};

/* Walk one tree to the leaf that a sample reaches; false where a node points outside the tree. Each step goes to a node
 * with a higher number, so that the walk ends. */
__device__ bool walk(const Work &work, size_t sample, const trees_node *nodes, uint32_t node_count, uint32_t leaf_count,
                     uint32_t *leaf) {
    for (uint32_t at = 0;;) {
        const trees_node node = nodes[at];
        if (node.split >= work.model->splits) return *leaf = node.next, node.next < leaf_count;
        if (node.next <= at || node.next >= node_count || at + 1 >= node_count) return false;
        const Split split = work.splits[node.split];
        at = work.codes[(size_t)split.feature * work.count + sample] <= split.level ? at + 1 : node.next;
    }
}

__global__ void score(Work work) {
    const size_t sample = (size_t)blockIdx.x * THREADS + threadIdx.x;
    if (sample >= work.count) return;
    const trees_model *model = work.model;
    const trees_root *root = (const trees_root *)(model + 1);
    const double *leaves = (const double *)(root + model->trees + 1);
    const trees_node *nodes = (const trees_node *)(leaves + model->leaves);
    double sum = 0;
    for (uint32_t t = 0; t < model->trees; t++, root++) {
        uint32_t leaf = 0;
        if (!walk(work, sample, nodes + root->node, root[1].node - root->node, root[1].leaf - root->leaf, &leaf)) {
            *work.corrupt = 1;
            return;
        }
        sum += leaves[root->leaf + leaf];
        if (model->precision == SR_TREES_FLOAT32) sum = (float)sum;
    }
    work.sums[sample] = sum;
}

/* Whether counts and roots of a model are consistent, so that nothing outside it is touched. */
bool is_sound(const trees_model *model, size_t size, size_t features) {
    if (!trees_is_sound(model, size, features)) return false;
    const trees_root *root = trees_roots(model);
    for (uint32_t t = 0; t < model->trees; t++, root++) {
        if (root[1].node > model->nodes || root[1].leaf > model->leaves) return false;
        if (root->node >= root[1].node || root->leaf >= root[1].leaf) return false;
    }
    return true;
}

std::vector<Split> splits_of(const trees_model *model) {
    std::vector<Split> splits(model->splits + 1, Split{0, 0});
    const uint16_t *first = trees_first_splits(model);
    for (unsigned f = 0; f < model->features; f++)
        for (unsigned s = first[f]; s < first[f + 1]; s++) splits[s] = Split{(uint16_t)f, (uint8_t)(s - first[f])};
    return splits;
}

} // namespace

extern "C" int sr_trees_score(const void *loaded, size_t loaded_size, const uint8_t *codes, size_t features,
                              size_t stride, size_t count, double *sums, void *, size_t) {
    const trees_model *model = static_cast<const trees_model *>(loaded);
    if (!is_sound(model, loaded_size, features)) return SR_CORRUPT;
    if (!count) return SR_OK;
    const std::vector<Split> splits = splits_of(model);
    const Device model_there(loaded_size), splits_there(splits.size() * sizeof(Split)), codes_there(features * count);
    const Device sums_there(count * sizeof(double)), corrupt_there(sizeof(int));
    int corrupt = 0;
    bool good =
        model_there.good() && splits_there.good() && codes_there.good() && sums_there.good() && corrupt_there.good();
    good = good && model_there.take(loaded, loaded_size) &&
           splits_there.take(splits.data(), splits.size() * sizeof(Split));
    good = good && corrupt_there.take(&corrupt, sizeof corrupt);
    for (size_t f = 0; good && f < features; f++) good = codes_there.take(codes + f * stride, count, f * count);
    if (!good) return SR_UNSUPPORTED;
    const Work work = {model_there.as<trees_model>(), splits_there.as<Split>(), codes_there.as<uint8_t>(), count,
                       sums_there.as<double>(),       corrupt_there.as<int>()};
    score<<<(unsigned)((count + THREADS - 1) / THREADS), THREADS>>>(work);
    if (!corrupt_there.give(&corrupt, sizeof corrupt)) return SR_UNSUPPORTED;
    if (corrupt) return SR_CORRUPT;
    return sums_there.give(sums, count * sizeof(double)) ? SR_OK : SR_UNSUPPORTED;
}
