/* Arbitrary blocks of arbitrary codes, and blocks of right ones with arbitrary damage. What the decoder reports
 * is true: a corrected codeword is a codeword and differs from what was received in as many symbols as reported; an
 * uncorrectable one is as received. All levels agree. */
#include "fuzz.h"
#include "skyrack/reed_solomon.h"

enum { COUNT_MAX = 80 };

static struct sr_rs_params take_params(struct input *input) {
    struct sr_rs_params params = {(uint32_t)take(input, 1), (uint32_t)take(input, 1), (uint32_t)take(input, 1),
                                  (uint32_t)take(input, 1)};
    if (params.dual_basis & 2) return params; /* most of these have to be refused */
    params.parity = params.parity & 1 ? 16 : 32, params.interleave = params.interleave % 8 + 1;
    params.virtual_fill %= 255 - params.parity, params.dual_basis &= 1;
    return params;
}

/* In how many symbols of codeword c two blocks differ, among the first `size` octets. */
static int differences(const uint8_t *a, const uint8_t *b, size_t size, size_t c, size_t interleave) {
    int count = 0;
    for (size_t i = c; i < size; i += interleave) count += a[i] != b[i];
    return count;
}

static void check_claims(const struct sr_rs_params *params, const uint8_t *received, const uint8_t *data,
                         const int8_t *corrections, size_t count) {
    const size_t data_size = sr_rs_data_size(params), block_size = sr_rs_block_size(params), depth = params->interleave;
    uint8_t *again = owned(NULL, count * block_size);
    REQUIRE(sr_rs_encode(params, data, data_size, again, block_size, count) == SR_OK);
    for (size_t i = 0; i < count * depth; i++) {
        const size_t b = i / depth, c = i % depth;
        const int bad = corrections[i] == SR_RS_UNCORRECTABLE;
        const uint8_t *now = bad ? data + b * data_size : again + b * block_size;
        const int changed = differences(received + b * block_size, now, bad ? data_size : block_size, c, depth);
        REQUIRE(changed == (bad ? 0 : corrections[i]) && changed <= (int)params->parity / 2);
    }
    free(again);
}

static void decode_everywhere(const struct sr_rs_params *params, const uint8_t *received, size_t count) {
    const size_t data_size = sr_rs_data_size(params), block_size = sr_rs_block_size(params);
    const size_t codewords = count * params->interleave;
    uint8_t *first = owned(NULL, count * data_size), *data = owned(NULL, count * data_size);
    int8_t *corrections = owned(NULL, codewords), *counts = owned(NULL, codewords);
    sr_level_select("portable");
    REQUIRE(sr_rs_decode(params, received, block_size, first, data_size, count, corrections) == SR_OK);
    check_claims(params, received, first, corrections, count);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_rs_decode(params, received, block_size, data, data_size, count, counts) == SR_OK);
        REQUIRE(!memcmp(data, first, count * data_size) && !memcmp(counts, corrections, codewords));
    }
    free(first), free(data), free(corrections), free(counts);
}

/* The blocks of arbitrary data, the same on every level, with some octets changed. */
static uint8_t *damaged_blocks(const struct sr_rs_params *params, const uint8_t *data, size_t count,
                               struct input *errors) {
    const size_t data_size = sr_rs_data_size(params), block_size = sr_rs_block_size(params), size = count * block_size;
    uint8_t *blocks = owned(NULL, size), *others = owned(NULL, size);
    sr_level_select("portable");
    REQUIRE(sr_rs_encode(params, data, data_size, blocks, block_size, count) == SR_OK);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_rs_encode(params, data, data_size, others, block_size, count) == SR_OK &&
                !memcmp(others, blocks, size));
    }
    while (count && errors->size >= 3) {
        const size_t at = take(errors, 2) % size;
        blocks[at] ^= (uint8_t)take(errors, 1);
    }
    free(others);
    return blocks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    const struct sr_rs_params params = take_params(&input);
    const size_t data_size = sr_rs_data_size(&params), block_size = sr_rs_block_size(&params);
    if (!data_size) {
        REQUIRE(sr_rs_encode(&params, NULL, 0, NULL, 0, 0) == SR_BAD_ARGUMENT);
        REQUIRE(sr_rs_decode(&params, NULL, 0, NULL, 0, 0, NULL) == SR_BAD_ARGUMENT);
        return 0;
    }
    const size_t errors_size = take(&input, 1) * 3;
    struct input errors = {input.octets, errors_size < input.size ? errors_size : input.size};
    input.octets += errors.size, input.size -= errors.size;
    const size_t unit = errors_size ? data_size : block_size, fits = input.size / unit;
    const size_t count = fits < COUNT_MAX ? fits : COUNT_MAX;
    uint8_t *given = owned(input.octets, count * unit);
    uint8_t *blocks = errors_size ? damaged_blocks(&params, given, count, &errors) : given;
    decode_everywhere(&params, blocks, count);
    if (blocks != given) free(blocks);
    free(given);
    return 0;
}
