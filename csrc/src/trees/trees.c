#include "trees_ops.h"
#include <math.h>

static const struct trees_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &trees_portable,
    SR_ON_X86([SR_AVX2] = &trees_avx2, [SR_AVX512] = &trees_avx512)
    SR_ON_ARM([SR_NEON] = &trees_neon)};

const struct trees_ops *trees_picked(void) { return SR_PICK(TABLES); }

enum { CHUNK = 65536, DIGIT_BITS = 12, DIGITS = 1 << DIGIT_BITS };

/* Samples are sorted a chunk at a time: the more, the more alike are neighbours; as many as 16 bits can number. */
struct scratch {
    double sums[TREES_BLOCK];
    uint32_t keys[CHUNK];
    uint16_t order[CHUNK], next[CHUNK];
    uint32_t counts[DIGITS];
    uint8_t codes[]; /* features x TREES_BLOCK */
};

size_t sr_trees_scratch(const void *loaded) {
    const struct trees_model *model = loaded;
    return sizeof(struct scratch) + (size_t)model->features * TREES_BLOCK;
}

/* The top bits of all codes, taken by turns (a Morton code), up to two digits in all. */
static void make_keys(const uint8_t *codes, size_t stride, size_t features, size_t count, uint32_t *keys) {
    memset(keys, 0, count * sizeof *keys);
    int left = 2 * DIGIT_BITS;
    for (int bit = 7; bit >= 0 && left > 0; bit--)
        for (size_t f = 0; f < features && left > 0; f++, left--)
            for (size_t i = 0; i < count; i++) keys[i] = keys[i] << 1 | (codes[f * stride + i] >> bit & 1u);
}

/* One pass of a radix sort by digit: `from` lists samples, `to` the same ones sorted by it, those of equal digits as they were. */
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

/* Score the `wanted` samples that `order` lists; a block is filled up with the first of them. */
static void score_block(const struct trees_model *model, const uint8_t *codes, size_t stride, const uint16_t *order,
                        size_t wanted, struct scratch *scratch, double *sums) {
    const uint8_t *base = (const uint8_t *)model;
    const uint32_t *roots = (const uint32_t *)(base + model->roots_at);
    const struct trees_node *nodes = (const struct trees_node *)(base + model->nodes_at);
    const double *leaves = (const double *)(base + model->leaves_at);
    const struct trees_ops *ops = trees_picked();
    for (size_t f = 0; f < model->features; f++)
        for (size_t i = 0; i < TREES_BLOCK; i++)
            scratch->codes[f * TREES_BLOCK + i] = codes[f * stride + order[i < wanted ? i : 0]];
    memset(scratch->sums, 0, sizeof scratch->sums);
    for (uint32_t t = 0; t < model->trees; t++) {
        ops->add(nodes + roots[2 * t], leaves + roots[2 * t + 1], scratch->codes, scratch->sums);
        if (model->precision == SR_TREES_FLOAT32) round_to_single(scratch->sums);
    }
    for (size_t i = 0; i < wanted; i++) sums[order[i]] = scratch->sums[i];
}

int sr_trees_score(const void *loaded, const uint8_t *codes, size_t stride, size_t count, double *sums, void *memory,
                   size_t scratch_size) {
    const struct trees_model *model = loaded;
    struct scratch *scratch = memory;
    if (scratch_size < sr_trees_scratch(loaded)) return SR_TOO_SMALL;
    for (size_t done = 0; done < count; done += CHUNK) {
        size_t chunk = count - done < CHUNK ? count - done : CHUNK;
        sort(scratch, codes + done, stride, model->features, chunk);
        for (size_t at = 0; at < chunk; at += TREES_BLOCK) {
            size_t wanted = chunk - at < TREES_BLOCK ? chunk - at : TREES_BLOCK;
            score_block(model, codes + done, stride, scratch->next + at, wanted, scratch, sums + done);
        }
    }
    return SR_OK;
}

void sr_trees_quantise_f32(const float *values, size_t stride, size_t count, const float limits[255], float missing,
                           uint8_t *codes) {
    trees_picked()->quantise_f32(values, stride, count, limits, missing, codes);
}

void sr_trees_quantise_f64(const double *values, size_t stride, size_t count, const double limits[255], double missing,
                           uint8_t *codes) {
    trees_picked()->quantise_f64(values, stride, count, limits, missing, codes);
}

void sr_logistic(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = 1.0 / (1.0 + exp(-values[i]));
}

void sr_logistic_f32(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = 1.0f / (1.0f + expf(-values[i]));
}
