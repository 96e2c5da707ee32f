/* What the levels of the trees share.
 *
 * A block of samples walks a tree together: a set of samples comes to a node, one comparison of the whole block parts it,
 * and sides that are empty are not visited. Samples are sorted before, so that those of a block fall into few leaves. */
#ifndef SKYRACK_SRC_TREES_OPS_H
#define SKYRACK_SRC_TREES_OPS_H
#include "../level.h"
#include "skyrack/trees.h"
#include <string.h>

enum { TREES_BLOCK = 1024, TREES_LEAF = 0xFF };

struct trees_node {
    uint8_t feature; /* or TREES_LEAF */
    uint8_t level;
    uint16_t next; /* the right child, counted from the root; of a leaf, its number in the tree */
};

struct trees_model {
    uint32_t features, trees, precision;
    uint32_t nodes_at, leaves_at; /* octets from the start of this */
    uint32_t roots_at;            /* per tree: first node, first leaf */
};

struct trees_ops {
    void (*quantise_f32)(const float *values, size_t stride, size_t count, const float *limits, float missing,
                         uint8_t *codes);
    void (*quantise_f64)(const double *values, size_t stride, size_t count, const double *limits, double missing,
                         uint8_t *codes);
    /* Add each tree's leaves to the sums of TREES_BLOCK samples; feature f of sample i at codes[f * TREES_BLOCK + i]. */
    void (*add)(const struct trees_node *root, const double *leaves, const uint8_t *codes, double *sums);
};
/* Binary search without branches, many values at a time; compiled for each level as it stands, for the vectoriser. */
#define TREES_QUANTISE(name, number)                                                                                   \
    static void name(const number *values, size_t stride, size_t count, const number *limits, number missing,          \
                     uint8_t *codes) {                                                                                 \
        for (size_t i = 0; i < count; i++) {                                                                           \
            number value = values[i * stride] == values[i * stride] ? values[i * stride] : missing;                    \
            uint32_t code = 0;                                                                                         \
            for (uint32_t step = 128; step; step >>= 1) code += limits[code + step - 1] < value ? step : 0;            \
            codes[i] = (uint8_t)code;                                                                                  \
        }                                                                                                              \
    }
#define TREES_OPS                                                                                                      \
    { .quantise_f32 = quantise_f32, .quantise_f64 = quantise_f64, .add = add }

/* Those of the level in use. */
const struct trees_ops *trees_picked(void);

extern const struct trees_ops trees_portable, trees_avx2, trees_avx512, trees_neon;
#endif
