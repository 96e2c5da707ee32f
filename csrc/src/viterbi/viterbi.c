#include "viterbi/ops.h"

static const struct viterbi_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &viterbi_portable,
    SR_ON_X86([SR_AVX2] = &viterbi_avx2, [SR_AVX512] = &viterbi_avx512) SR_ON_ARM([SR_NEON] = &viterbi_neon)};

/* Move each bit i of 16 to place 2 i. */
static uint32_t spread(uint32_t bits) {
    bits = (bits | bits << 8) & 0x00FF00FF;
    bits = (bits | bits << 4) & 0x0F0F0F0F;
    bits = (bits | bits << 2) & 0x33333333;
    return (bits | bits << 1) & 0x55555555;
}

void sr_conv_encode(const uint8_t *data, size_t octets, uint8_t *symbols, uint8_t *history) {
    uint32_t past = *history & 0x3F;
    for (size_t i = 0; i < octets; i++) {
        uint32_t x = past << 8 | data[i];
        uint32_t c1 = x ^ x >> 1 ^ x >> 2 ^ x >> 3 ^ x >> 6, c2 = ~(x ^ x >> 2 ^ x >> 3 ^ x >> 5 ^ x >> 6);
        uint32_t both = spread(c1 & 0xFF) << 1 | spread(c2 & 0xFF);
        symbols[2 * i] = (uint8_t)(both >> 8), symbols[2 * i + 1] = (uint8_t)both;
        past = x & 0x3F;
    }
    *history = (uint8_t)past;
}

enum { STEP_OCTETS = sizeof(uint64_t) + sizeof(uint32_t) };

size_t sr_viterbi_scratch(void) { return SR_VITERBI_BLOCKS * VITERBI_SPAN * STEP_OCTETS + sizeof(uint64_t); }

/* Give each block room for `span` steps, in memory whose start is aligned as a uint64_t. */
static void lay_out(struct viterbi_block *blocks, uint64_t *memory, size_t span) {
    uint32_t *costs = (uint32_t *)(memory + SR_VITERBI_BLOCKS * span);
    memset(memory, 0, SR_VITERBI_BLOCKS * span * STEP_OCTETS);
    for (size_t b = 0; b < SR_VITERBI_BLOCKS; b++)
        blocks[b] = (struct viterbi_block){.costs = costs + b * span, .choices = memory + b * span};
}

/* A block of the stream: its steps, context included, and which of their bits are wanted. */
struct extent {
    size_t start, steps, skip, bits;
};

static struct extent extent_of(size_t bits, size_t first, size_t count) {
    size_t before = first < SR_VITERBI_CONTEXT ? first : SR_VITERBI_CONTEXT;
    size_t wanted = count < SR_VITERBI_BLOCK ? count : SR_VITERBI_BLOCK;
    size_t left = bits - first - wanted, after = left < SR_VITERBI_CONTEXT ? left : SR_VITERBI_CONTEXT;
    return (struct extent){first - before, before + wanted + after, before, wanted};
}

static int alike(const struct extent *a, const struct extent *b) {
    return a->steps == b->steps && a->skip == b->skip && a->bits == b->bits;
}

static uint64_t best_state(const struct viterbi_block *block) {
    unsigned best = 0;
    for (unsigned n = 1; n < VITERBI_STATES; n++)
        if (block->metrics[n] < block->metrics[best]) best = n;
    return best;
}

static uint8_t reversed(uint64_t octet) {
    return (uint8_t)(((octet & 0xFF) * 0x0202020202ULL & 0x010884422010ULL) % 1023);
}

/* Paths back through blocks. A path has its state in the low six bits, and above it the bits that it has passed, the
 * earliest of the stream lowest. PATHS are followed side by side, since each step of one waits for the step before. */
enum { PATHS = 4 };
struct paths {
    uint64_t path[PATHS];
    const uint64_t *choices[PATHS];
    size_t step;
};

static inline __attribute__((always_inline)) void walk_back(struct paths *paths, size_t steps) {
    for (; steps; steps--) {
        size_t step = --paths->step;
        for (size_t b = 0; b < PATHS; b++)
            paths->path[b] = paths->path[b] << 1 | (paths->choices[b][step] >> (paths->path[b] & 63) & 1);
    }
}

static void trace_back(const struct viterbi_block *blocks, const struct extent *extent, uint8_t *const out[PATHS]) {
    struct paths paths = {.step = extent->steps};
    for (size_t b = 0; b < PATHS; b++) paths.path[b] = best_state(blocks + b), paths.choices[b] = blocks[b].choices;
    size_t octets = extent->bits / 8, rest = extent->bits % 8;
    walk_back(&paths, extent->steps - extent->skip - 8 * octets);
    for (size_t b = 0; rest && b < PATHS; b++)
        out[b][octets] = (uint8_t)(reversed(paths.path[b] >> 6) & 0xFF00 >> rest);
    while (octets--) {
        walk_back(&paths, 8);
        for (size_t b = 0; b < PATHS; b++) out[b][octets] = reversed(paths.path[b] >> 6);
    }
}

/* Decide on up to SR_VITERBI_BLOCKS blocks of equal extent. Blocks that are not used hold anything, and their results
 * are not read. */
static void decide(const uint8_t *soft, const struct extent *extents, size_t count, struct viterbi_block *blocks,
                   uint8_t **out) {
    const struct viterbi_ops *ops = SR_PICK(TABLES);
    uint8_t unseen[SR_VITERBI_BLOCK / 8];
    for (size_t b = 0; b < count; b++) ops->weigh(soft + 2 * extents[b].start, extents[b].steps, blocks + b);
    for (size_t b = count; b < SR_VITERBI_BLOCKS; b++) out[b] = unseen;
    ops->run(blocks, count, extents->steps);
    for (size_t b = 0; b < count; b += PATHS) trace_back(blocks + b, extents, out + b);
}

static void decode(const uint8_t *soft, size_t bits, size_t first, size_t count, uint8_t *out,
                   struct viterbi_block *blocks) {
    struct extent extents[SR_VITERBI_BLOCKS];
    uint8_t *outs[SR_VITERBI_BLOCKS];
    size_t gathered = 0;
    while (count) {
        struct extent next = extent_of(bits, first, count);
        if (gathered == SR_VITERBI_BLOCKS || (gathered && !alike(&next, extents)))
            decide(soft, extents, gathered, blocks, outs), gathered = 0;
        outs[gathered] = out, extents[gathered++] = next;
        first += next.bits, count -= next.bits, out += next.bits / 8;
    }
    if (gathered) decide(soft, extents, gathered, blocks, outs);
}

int sr_viterbi_decode(const uint8_t *soft, size_t bits, size_t first, size_t count, uint8_t *out, void *scratch,
                      size_t scratch_size) {
    if (first > bits || count > bits - first) return SR_BAD_ARGUMENT;
    if (scratch_size < sr_viterbi_scratch()) return SR_TOO_SMALL;
    struct viterbi_block blocks[SR_VITERBI_BLOCKS];
    lay_out(blocks, (uint64_t *)(void *)((uint8_t *)scratch + -(uintptr_t)scratch % sizeof(uint64_t)), VITERBI_SPAN);
    decode(soft, bits, first, count, out, blocks);
    return SR_OK;
}

int sr_selftest_viterbi(void) {
    enum { OCTETS = 10, BITS = 8 * OCTETS };
    static const uint8_t DATA[OCTETS] = {0x1A, 0xCF, 0xFC, 0x1D, 0x00, 0xFF, 0x55, 0x93, 0xE2, 0x00};
    static const uint8_t LAST_SYMBOLS[4] = {0xB2, 0xC1, 0x64, 0x95};
    uint8_t symbols[2 * OCTETS], soft[2 * BITS], out[OCTETS], history = 0;
    uint64_t memory[SR_VITERBI_BLOCKS * BITS * STEP_OCTETS / sizeof(uint64_t)];
    struct viterbi_block blocks[SR_VITERBI_BLOCKS];
    sr_conv_encode(DATA, OCTETS, symbols, &history);
    for (int i = 0; i < 2 * BITS; i++) soft[i] = symbols[i / 8] >> (7 - i % 8) & 1 ? 180 - i % 16 : 70 + i % 16;
    soft[17] = 255 - soft[17], soft[60] = 128, soft[61] = 255 - soft[61], soft[100] = 255 - soft[100];
    lay_out(blocks, memory, BITS);
    decode(soft, BITS, 0, BITS, out, blocks);
    int encoded = memcmp(symbols + 2 * OCTETS - 4, LAST_SYMBOLS, 4) == 0;
    return encoded && memcmp(out, DATA, OCTETS) == 0 ? SR_OK : SR_CORRUPT;
}
