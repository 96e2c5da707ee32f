#include "trees/ops.h"
#include <stddef.h>

static const struct trees_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &trees_portable,
    SR_ON_X86([SR_AVX2] = &trees_avx2, [SR_AVX512] = &trees_avx512) SR_ON_ARM([SR_NEON] = &trees_neon)};

const struct trees_ops *trees_picked(void) { return SR_PICK(TABLES); }

enum { CHUNK = 65536, DIGIT_BITS = 12, DIGITS = 1 << DIGIT_BITS };

/* Samples are sorted by chunks. The longer a chunk, the more alike are neighbours; its samples are numbered in 16
 * bits. */
struct scratch {
    uint32_t keys[CHUNK];
    uint16_t order[CHUNK], next[CHUNK];
    uint32_t counts[DIGITS];
};

/* The scratch of a block, which comes behind struct scratch at a multiple of 64. There are two rows more than levels
 * for each feature. */
struct block {
    struct trees_visit stack[SR_TREES_DEPTH_MAX];
    double sums[TREES_BLOCK];
    uint8_t codes[TREES_BLOCK];
    uint16_t row_of[SR_TREES_ROWS_MAX];
    struct trees_row rows[];
};
_Static_assert(offsetof(struct block, rows) % 64 == 0, "rows lie in cache lines of their own");

size_t sr_trees_scratch(const void *loaded) {
    const struct trees_model *model = loaded;
    size_t rows = model->splits + 2 * (size_t)model->features;
    return sizeof(struct scratch) + 64 + sizeof(struct block) + rows * sizeof(struct trees_row);
}

/* Make the key of each sample: the highest bits of all its codes, then the next ones (a Morton code), as many as two
 * digits hold. */
static void make_keys(const uint8_t *codes, size_t stride, size_t features, size_t count, uint32_t *keys) {
    memset(keys, 0, count * sizeof *keys);
    int left = 2 * DIGIT_BITS;
    for (int bit = 7; bit >= 0 && left > 0; bit--)
        for (size_t f = 0; f < features && left > 0; f++, left--)
            for (size_t i = 0; i < count; i++) keys[i] = keys[i] << 1 | (codes[f * stride + i] >> bit & 1U);
}

/* One pass of a radix sort: write the samples that `from` lists to `to`, sorted by the digit at `shift` of their keys;
 * those with equal digits keep their order. */
static void sort_by(struct scratch *scratch, size_t count, int shift, const uint16_t *from, uint16_t *to) {
    memset(scratch->counts, 0, sizeof scratch->counts);
    for (size_t i = 0; i < count; i++) scratch->counts[scratch->keys[i] >> shift & (DIGITS - 1)]++;
    uint32_t before = 0;
    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t here = scratch->counts[d];
        scratch->counts[d] = before, before += here;
    }
    for (size_t i = 0; i < count; i++) to[scratch->counts[scratch->keys[from[i]] >> shift & (DIGITS - 1)]++] = from[i];
}

static void sort(struct scratch *scratch, const uint8_t *codes, size_t stride, size_t features, size_t count) {
    make_keys(codes, stride, features, count, scratch->keys);
    for (size_t i = 0; i < count; i++) scratch->next[i] = (uint16_t)i;
    sort_by(scratch, count, 0, scratch->next, scratch->order);
    sort_by(scratch, count, DIGIT_BITS, scratch->order, scratch->next);
}

static void round_to_single(double *sums) {
    for (size_t i = 0; i < TREES_BLOCK; i++) sums[i] = (float)sums[i];
}

/* Make the rows of one feature, from row number `row` on. Levels below all codes of the block share a row of no
 * samples, levels above them share a row of all. Returns the number of the next free row. */
static size_t make_rows(const struct trees_model *model, size_t feature, struct block *block, size_t row) {
    const struct trees_ops *ops = trees_picked();
    const uint16_t *first = trees_first_splits(model) + feature;
    uint16_t *row_of = block->row_of + first[0];
    unsigned levels = (unsigned)(first[1] - first[0]);
    uint8_t low = 255, high = 0;
    for (size_t i = 0; i < TREES_BLOCK; i++) {
        low = block->codes[i] < low ? block->codes[i] : low;
        high = block->codes[i] > high ? block->codes[i] : high;
    }
    memset(block->rows + row, 0, sizeof(struct trees_row));
    memset(block->rows + row + 1, 0xFF, sizeof(struct trees_row));
    size_t none = row, all = row + 1;
    row += 2;
    for (unsigned level = 0; level < levels; level++) {
        int parts = low <= level && level < high;
        if (parts) ops->compare(block->codes, (uint8_t)level, block->rows + row);
        row_of[level] = (uint16_t)(parts ? row++ : level < low ? none : all);
    }
    return row;
}

/* Walk all trees with the samples of the block, whose rows have been made. */
static int add_trees(const struct trees_model *model, struct block *block) {
    const struct trees_root *root = trees_roots(model);
    struct trees_walk walk = {.splits = model->splits,
                              .rows = block->rows,
                              .row_of = block->row_of,
                              .stack = block->stack,
                              .sums = block->sums};
    for (uint32_t t = 0; t < model->trees; t++, root++) {
        walk.nodes = trees_nodes(model) + root->node;
        walk.leaves = trees_leaves(model) + root->leaf;
        walk.node_count = root[1].node - root->node, walk.leaf_count = root[1].leaf - root->leaf;
        if (root[1].node > model->nodes || root[1].leaf > model->leaves) return SR_CORRUPT;
        if (root->node >= root[1].node || root->leaf >= root[1].leaf) return SR_CORRUPT;
        if (trees_picked()->add(&walk) != SR_OK) return SR_CORRUPT;
        if (model->precision == SR_TREES_FLOAT32) round_to_single(block->sums);
    }
    return SR_OK;
}

/* Score the `wanted` samples that `order` lists; the rest of the block is filled with the first of them. */
static int score_block(const struct trees_model *model, const uint8_t *codes, size_t stride, const uint16_t *order,
                       size_t wanted, struct block *block, double *sums) {
    size_t row = 0;
    for (size_t f = 0; f < model->features; f++) {
        for (size_t i = 0; i < TREES_BLOCK; i++) block->codes[i] = codes[f * stride + order[i < wanted ? i : 0]];
        row = make_rows(model, f, block, row);
    }
    memset(block->sums, 0, sizeof block->sums);
    if (add_trees(model, block) != SR_OK) return SR_CORRUPT;
    for (size_t i = 0; i < wanted; i++) sums[order[i]] = block->sums[i];
    return SR_OK;
}

int sr_trees_score(const void *loaded, size_t loaded_size, const uint8_t *codes, size_t features, size_t stride,
                   size_t count, double *sums, void *scratch, size_t scratch_size) {
    const struct trees_model *model = loaded;
    struct scratch *samples = scratch;
    if (!trees_is_sound(model, loaded_size, features)) return SR_CORRUPT;
    if (scratch_size < sr_trees_scratch(loaded)) return SR_TOO_SMALL;
    struct block *block = (struct block *)(void *)((uint8_t *)(samples + 1) + -(uintptr_t)(samples + 1) % 64);
    for (size_t done = 0; done < count; done += CHUNK) {
        size_t chunk = count - done < CHUNK ? count - done : CHUNK;
        sort(samples, codes + done, stride, model->features, chunk);
        for (size_t at = 0; at < chunk; at += TREES_BLOCK) {
            size_t wanted = chunk - at < TREES_BLOCK ? chunk - at : TREES_BLOCK;
            if (score_block(model, codes + done, stride, samples->next + at, wanted, block, sums + done) != SR_OK)
                return SR_CORRUPT;
        }
    }
    return SR_OK;
}

void sr_trees_quantise_f32(const float *values, size_t count, const float limits[255], uint8_t missing,
                           uint8_t *codes) {
    trees_picked()->quantise_f32(values, count, limits, missing, codes);
}

void sr_trees_quantise_f64(const double *values, size_t count, const double limits[255], uint8_t missing,
                           uint8_t *codes) {
    trees_picked()->quantise_f64(values, count, limits, missing, codes);
}

void sr_trees_look_up(const uint16_t *numbers, size_t count, const uint8_t table[65536], uint8_t *codes) {
    for (size_t i = 0; i < count; i++) codes[i] = table[numbers[i]];
}

void sr_logistic(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = 1.0 / (1.0 + exp(-values[i]));
}

void sr_logistic_f32(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = 1.0F / (1.0F + expf(-values[i]));
}

void sr_exp(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = exp(values[i]);
}

void sr_exp_f32(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = expf(values[i]);
}
