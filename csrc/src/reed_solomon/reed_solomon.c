#include "reed_solomon/ops.h"
#include <string.h>

static const struct rs_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &rs_portable,
                                                       SR_ON_X86([SR_AVX2] = &rs_avx2, [SR_AVX512] = &rs_avx512)
                                                           SR_ON_ARM([SR_NEON] = &rs_neon)};

static const struct rs_ops *ops_for(const struct rs_ops *ops, size_t codewords) {
    return codewords < ops->few ? &rs_portable : ops;
}

static int read_params(const struct sr_rs_params *params, struct rs_code *code) {
    if (params->parity != 32 && params->parity != 16) return SR_BAD_ARGUMENT;
    if (params->interleave < 1 || params->interleave > 8) return SR_BAD_ARGUMENT;
    if (params->virtual_fill > 254 - params->parity || params->dual_basis > 1) return SR_BAD_ARGUMENT;
    *code = (struct rs_code){.parity = params->parity,
                             .errors = params->parity / 2,
                             .interleave = params->interleave,
                             .fill = params->virtual_fill,
                             .symbols = 255 - params->parity - params->virtual_fill,
                             .basis = params->dual_basis};
    return SR_OK;
}

static size_t data_size(const struct rs_code *code) { return (size_t)code->interleave * code->symbols; }
static size_t block_size(const struct rs_code *code) {
    return (size_t)code->interleave * (code->symbols + code->parity);
}
static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t sr_rs_data_size(const struct sr_rs_params *params) {
    struct rs_code code;
    return read_params(params, &code) == SR_OK ? data_size(&code) : 0;
}

size_t sr_rs_block_size(const struct sr_rs_params *params) {
    struct rs_code code;
    return read_params(params, &code) == SR_OK ? block_size(&code) : 0;
}

/* Whether blocks of `size` octets, `out_stride` apart, overlap neither each other nor the input, unless both are the
 * same memory with the same stride. */
static int strides_fit(const uint8_t *in, size_t in_stride, const uint8_t *out, size_t out_stride, size_t size,
                       size_t count) {
    return (count < 2 || out_stride >= size) && (in != out || in_stride == out_stride);
}

static void copy_data(const struct rs_code *code, uint8_t *to, size_t to_stride, const uint8_t *from,
                      size_t from_stride, size_t count) {
    if (to == from) return;
    for (size_t b = 0; b < count; b++) memcpy(to + b * to_stride, from + b * from_stride, data_size(code));
}

int sr_rs_encode(const struct sr_rs_params *params, const uint8_t *data, size_t data_stride, uint8_t *blocks,
                 size_t block_stride, size_t count) {
    struct rs_code code;
    if (read_params(params, &code) != SR_OK) return SR_BAD_ARGUMENT;
    if (!strides_fit(data, data_stride, blocks, block_stride, block_size(&code), count)) return SR_BAD_ARGUMENT;
    const struct rs_ops *ops = SR_PICK(TABLES);
    for (size_t done = 0, group; done < count; done += group) {
        group = least(count - done, RS_GROUP[code.interleave]);
        uint8_t *to = blocks + done * block_stride;
        copy_data(&code, to, block_stride, data + done * data_stride, data_stride, group);
        const struct rs_ops *best = ops_for(ops, group * code.interleave);
        best->parity(&code, to, block_stride, to + data_size(&code), block_stride, group);
    }
    return SR_OK;
}

/* Damaged codewords wait here until they fill a batch; clean ones need nothing more. */
struct decoder {
    const struct rs_code *code;
    const struct rs_ops *ops;
    uint8_t *first[2 * RS_LANES_MAX];     /* by lane: the codeword's first data octet in the output, */
    int8_t *correction[2 * RS_LANES_MAX]; /* and where its corrections go */
    struct rs_batch batch;
};

static void apply_fixes(const struct decoder *decoder, unsigned start) {
    const struct rs_code *code = decoder->code;
    const struct rs_batch *batch = &decoder->batch;
    for (size_t i = 0; i < batch->fixes; i++) {
        const unsigned lane = batch->lane[i], symbol = batch->position[i] - code->fill;
        if (batch->corrections[lane] == SR_RS_UNCORRECTABLE) continue;
        decoder->first[start + lane][symbol * code->interleave] ^= batch->value[i];
    }
}

/* Solve `used` of the waiting codewords, from lane `start` on, and correct them. */
static void solve_lanes(struct decoder *decoder, unsigned start, unsigned used) {
    decoder->ops->solve(decoder->code, &decoder->batch, start);
    apply_fixes(decoder, start);
    for (unsigned lane = 0; lane < used; lane++) *decoder->correction[start + lane] = decoder->batch.corrections[lane];
}

/* Solve as many full batches as wait, and move the rest to the front. */
static void solve_full(struct decoder *decoder) {
    struct rs_batch *batch = &decoder->batch;
    unsigned done = 0, lanes = decoder->ops->lanes;
    for (; batch->waiting - done >= lanes; done += lanes) solve_lanes(decoder, done, lanes);
    batch->waiting -= done;
    if (!done || !batch->waiting) return;
    for (unsigned i = 0; i < decoder->code->parity; i++)
        memmove(batch->remainders[i], batch->remainders[i] + done, batch->waiting);
    memmove((void *)decoder->first, (const void *)(decoder->first + done), batch->waiting * sizeof *decoder->first);
    memmove((void *)decoder->correction, (const void *)(decoder->correction + done),
            batch->waiting * sizeof *decoder->correction);
}

/* Solve the codewords that still wait, fewer than a batch; unused lanes get remainder 0. */
static void solve_rest(struct decoder *decoder) {
    struct rs_batch *batch = &decoder->batch;
    if (!batch->waiting) return;
    for (unsigned i = 0; i < decoder->code->parity; i++)
        memset(batch->remainders[i] + batch->waiting, 0, decoder->ops->lanes - batch->waiting);
    solve_lanes(decoder, 0, batch->waiting);
}

/* Receive `count` blocks whose data has been copied to `data` already, and whose `corrections` have been set to 0. */
static void receive_blocks(struct decoder *decoder, const uint8_t *blocks, size_t block_stride, size_t count,
                           uint8_t *data, size_t data_stride, int8_t *corrections) {
    struct rs_batch *batch = &decoder->batch;
    const struct rs_ops *ops = ops_for(decoder->ops, count * decoder->code->interleave);
    uint64_t damaged = ops->receive(decoder->code, blocks, block_stride, count, batch);
    for (; damaged; damaged &= damaged - 1) {
        const unsigned codeword = (unsigned)__builtin_ctzll(damaged), depth = decoder->code->interleave;
        decoder->first[batch->waiting] = data + codeword / depth * data_stride + codeword % depth;
        decoder->correction[batch->waiting++] = corrections + codeword;
    }
    solve_full(decoder);
}

int sr_rs_decode(const struct sr_rs_params *params, const uint8_t *blocks, size_t block_stride, uint8_t *data,
                 size_t data_stride, size_t count, int8_t *corrections) {
    struct rs_code code;
    if (read_params(params, &code) != SR_OK) return SR_BAD_ARGUMENT;
    if (!strides_fit(blocks, block_stride, data, data_stride, data_size(&code), count)) return SR_BAD_ARGUMENT;
    struct decoder decoder;
    decoder.code = &code, decoder.ops = SR_PICK(TABLES), decoder.batch.waiting = 0;
    memset(corrections, 0, count * code.interleave);
    for (size_t done = 0, group; done < count; done += group) {
        group = least(count - done, RS_GROUP[code.interleave]);
        const uint8_t *from = blocks + done * block_stride;
        uint8_t *to = data + done * data_stride;
        copy_data(&code, to, data_stride, from, block_stride, group);
        receive_blocks(&decoder, from, block_stride, group, to, data_stride, corrections + done * code.interleave);
    }
    solve_rest(&decoder);
    return SR_OK;
}

/* The parity of two interleaved codewords of 16 data symbols each, from an independent implementation. The indices are
 * [parity == 16][dual]. */
enum { GOLDEN_DATA_SIZE = 2 * 16 };
static const uint8_t GOLDEN_PARITY[2][2][2 * RS_PARITY_MAX] = {
    {
        {0x6a, 0x51, 0xc0, 0x20, 0xd3, 0x09, 0x02, 0x39, 0x6d, 0x19, 0xfd, 0x61, 0x79, 0x43, 0x8f, 0xac,
         0xe8, 0xd5, 0x1e, 0xb8, 0x2a, 0x24, 0x47, 0x7a, 0x22, 0x1f, 0x09, 0xe0, 0x15, 0x5a, 0x9e, 0x19,
         0xe2, 0xdc, 0xee, 0x63, 0x2f, 0xa9, 0x11, 0x85, 0xde, 0x33, 0x1a, 0xa8, 0xc0, 0x9f, 0x97, 0xc7,
         0xc2, 0x0b, 0xf2, 0x70, 0x19, 0x03, 0x70, 0x88, 0xb3, 0xa0, 0x94, 0x60, 0x3b, 0xf8, 0x70, 0x52},
        {0xf6, 0x04, 0x67, 0xf9, 0x97, 0x16, 0xf7, 0x86, 0x96, 0xed, 0xf5, 0xcd, 0x85, 0xdf, 0xa4, 0xd5,
         0x4f, 0xdb, 0x00, 0x94, 0xb3, 0xf3, 0x5d, 0x54, 0x2c, 0xb9, 0xdb, 0xd3, 0x10, 0xd7, 0x77, 0x5d,
         0xa9, 0x25, 0xc1, 0xd5, 0x69, 0x20, 0xcb, 0xa8, 0xb0, 0xb6, 0x74, 0x14, 0xaf, 0x73, 0x61, 0xde,
         0x1c, 0xb5, 0x78, 0x0a, 0xed, 0x3a, 0xbf, 0xc6, 0x50, 0xd1, 0xf1, 0x83, 0xf6, 0x4b, 0x9b, 0x4e},
    },
    {
        {0x1b, 0x2f, 0x04, 0x87, 0x33, 0x59, 0x0f, 0x02, 0x82, 0x87, 0xe7, 0x8f, 0x88, 0x60, 0xe0, 0x2d,
         0xa1, 0x55, 0xe2, 0xc2, 0xa4, 0x7a, 0x6b, 0x88, 0x35, 0x7b, 0xc0, 0x49, 0xd8, 0x07, 0x82, 0xc7},
        {0x9e, 0x5d, 0xc8, 0x33, 0x4f, 0xcb, 0xa9, 0x68, 0x9d, 0x4b, 0xbb, 0xd4, 0x0a, 0x9d, 0x2a, 0x30,
         0x47, 0x3f, 0x35, 0xa5, 0x39, 0x26, 0x4e, 0x1e, 0xb6, 0xe4, 0xc2, 0xf5, 0x84, 0x07, 0x67, 0x1a},
    },
};

/* Damage as many symbols of codeword 0 as can be corrected, and one more of codeword 1. */
static void damage(uint8_t *block, unsigned parity) {
    for (unsigned i = 0; i < parity; i++) block[i] ^= (uint8_t)(i + 1);
    block[parity + 1] ^= 0x55;
}

static int check_golden(unsigned parity, unsigned dual) {
    const struct sr_rs_params params = {parity, 2, 255 - 16 - parity, dual};
    uint8_t data[GOLDEN_DATA_SIZE], block[GOLDEN_DATA_SIZE + 2 * RS_PARITY_MAX], received[sizeof block];
    int8_t corrections[2];
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)(37 * i + 11);
    sr_rs_encode(&params, data, sizeof data, block, sizeof block, 1);
    if (memcmp(block, data, sizeof data) != 0) return SR_CORRUPT;
    if (memcmp(block + sizeof data, GOLDEN_PARITY[parity == 16][dual], 2 * (size_t)parity) != 0) return SR_CORRUPT;
    damage(block, parity);
    memcpy(received, block, sizeof block);
    sr_rs_decode(&params, block, sizeof block, block, sizeof block, 1, corrections);
    if (corrections[0] != (int8_t)(parity / 2) || corrections[1] != SR_RS_UNCORRECTABLE) return SR_CORRUPT;
    for (unsigned i = 0; i < sizeof data; i++)
        if (block[i] != (i % 2 ? received[i] : data[i])) return SR_CORRUPT;
    return SR_OK;
}

int sr_selftest_reed_solomon(void) {
    for (unsigned code = 0; code < 4; code++)
        if (check_golden(code / 2 ? 16 : 32, code % 2) != SR_OK) return SR_CORRUPT;
    return SR_OK;
}
