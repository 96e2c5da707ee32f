/* Gradient-boosted decision trees over features that were quantised to octets: sums of leaves, bit for bit those of the
 * walk from root to leaf, tree after tree, in double precision or rounded to single after each tree.
 *
 * A forest is one block of octets, all numbers little-endian:
 *   "SRT2" | features:16 | trees:16 | nodes:32 | leaves:32 | precision:8 | levels:8 of each feature | tree* |
 *   CRC-32C:32 over all of that
 *   tree   = leaves:16 | shape | split* | leaf*
 *   shape  = one bit for each node in preorder, most significant first, 1 for a split, 0 for a leaf; zero bits to the
 *            octet's end
 *   split  = feature:8 (feature:16 where the forest has more than 256) | level:8, in preorder: samples whose code is at
 *            most `level` go to the left child, which is the next node
 *   leaf   = IEEE binary64, in preorder
 * `nodes` and `leaves` count those of all trees. Feature f has codes 0..levels[f], so its splits have levels below
 * that; all levels and two more for each feature are up to SR_TREES_ROWS_MAX. */
#ifndef SKYRACK_TREES_H
#define SKYRACK_TREES_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum {
    SR_TREES_FEATURES_MAX = 16384,
    SR_TREES_ROWS_MAX = 65536,   /* levels of all features, and two more for each */
    SR_TREES_LEAVES_MAX = 32767, /* of one tree */
    SR_TREES_DEPTH_MAX = 256,    /* splits from root to leaf */
    SR_TREES_FLOAT64 = 0,        /* precision of the sums */
    SR_TREES_FLOAT32 = 1
};

/* Octets that sr_trees_load writes for a forest, at most a few times `size`; 0 for what is no forest. */
size_t sr_trees_loaded_size(const uint8_t *forest, size_t size);

/* Check a forest (check sequence, counts, shape, ranges of features and levels) and lay it out for scoring.
 *   loaded    loaded_size octets, aligned as a double; sr_trees_score takes nothing but what this function wrote.
 * Returns SR_OK; SR_CORRUPT where the octets are no forest, whatever they are; SR_TOO_SMALL or SR_BAD_ARGUMENT where
 * `loaded` is too small or not aligned. */
int sr_trees_load(const uint8_t *forest, size_t size, void *loaded, size_t loaded_size);

/* Octets of scratch that sr_trees_score needs. */
size_t sr_trees_scratch(const void *loaded);

/* Sum up the leaves that each of `count` samples falls into.
 *   loaded   what sr_trees_load wrote. Memory that changed since may give wrong sums, yet nothing outside is touched
 *   codes    feature f of sample i at codes[f * stride + i]; codes beyond the levels are taken as any other
 *   features rows of codes
 *   sums     count doubles
 *   scratch  scratch_size octets, aligned as a double
 * Returns SR_OK; SR_TOO_SMALL for the scratch; SR_CORRUPT where nodes of `loaded` point outside it, or where it has
 * another number of features. */
int sr_trees_score(const void *loaded, size_t loaded_size, const uint8_t *codes, size_t features, size_t stride,
                   size_t count, double *sums, void *scratch, size_t scratch_size);

/* Codes of one feature: how many of its 255 limits, ascending and filled up with infinity, lie below each value. NaN
 * has a code of its own, `missing`. */
void sr_trees_quantise_f32(const float *values, size_t count, const float limits[255], uint8_t missing, uint8_t *codes);
void sr_trees_quantise_f64(const double *values, size_t count, const double limits[255], uint8_t missing,
                           uint8_t *codes);

/* Codes of 16-bit numbers by a table that has the code of each of the 65536: codes[i] = table[numbers[i]]. */
void sr_trees_look_up(const uint16_t *numbers, size_t count, const uint8_t table[65536], uint8_t *codes);

/* 1 / (1 + exp(-x)) in place, by the C library's exp of that precision. */
void sr_logistic(double *values, size_t count);
void sr_logistic_f32(float *values, size_t count);

/* exp(x) in place, by the C library's exp of that precision. */
void sr_exp(double *values, size_t count);
void sr_exp_f32(float *values, size_t count);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_trees(void);

#ifdef __cplusplus
}
#endif
#endif
