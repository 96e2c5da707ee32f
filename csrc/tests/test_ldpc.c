#include "check.h"
#include "ldpc/ops.h"

enum { BITS_MAX = 40960, EDGES_MAX = 44 * 2048 * 4 };

static int bit(const uint8_t *octets, size_t at) { return octets[at / 8] >> (7 - at % 8) & 1; }

/* A decoder of one frame, bit by bit, that follows the header. */
struct model {
    int8_t beliefs[BITS_MAX], messages[EDGES_MAX];
};
static struct model model;

static int bounded(int value) { return value > 127 ? 127 : value < -128 ? -128 : value; }
static int normalised(int size, size_t degree) {
    int message = size - (degree == 3 ? (size + 4) / 8 : (size + 3) / 4);
    return message < 50 ? message : 50;
}

static void check_of(const struct ldpc_code *code, const struct ldpc_edge *edges, size_t i, size_t degree, size_t *at) {
    for (size_t e = 0; e < degree; e++) at[e] = edges[e].column * code->size + (edges[e].shift + i) % code->size;
}

static void model_check(const size_t *bits, int8_t *messages, size_t degree) {
    int others[LDPC_DEGREE_MAX], least = 255, second = 255, negative = 0;
    for (size_t e = 0; e < degree; e++) {
        const int size = abs(others[e] = bounded(model.beliefs[bits[e]] - messages[e]));
        second = size < least ? least : size < second ? size : second;
        least = size < least ? size : least;
        negative ^= others[e] < 0;
    }
    for (size_t e = 0; e < degree; e++) {
        /* The smallest magnitude among all other bits. */
        const int size = normalised(abs(others[e]) == least ? second : least, degree);
        messages[e] = (int8_t)(negative ^ (others[e] < 0) ? -size : size);
        model.beliefs[bits[e]] = (int8_t)bounded(others[e] + messages[e]);
    }
}

static int model_done(const struct ldpc_code *code) {
    const struct ldpc_edge *edges = code->edges;
    size_t bits[LDPC_DEGREE_MAX];
    for (size_t row = 0; row < code->rows; edges += code->degrees[row++])
        for (size_t i = 0; i < code->size; i++) {
            int odd = 0;
            check_of(code, edges, i, code->degrees[row], bits);
            for (size_t e = 0; e < code->degrees[row]; e++) odd ^= model.beliefs[bits[e]] < 0;
            if (odd) return 0;
        }
    return !memchr(model.beliefs, 0, ldpc_bits(code));
}

static void model_iteration(const struct ldpc_code *code) {
    const struct ldpc_edge *edges = code->edges;
    int8_t *messages = model.messages;
    size_t bits[LDPC_DEGREE_MAX];
    for (size_t row = 0; row < code->rows; edges += code->degrees[row++])
        for (size_t i = 0; i < code->size; i++, messages += code->degrees[row]) {
            check_of(code, edges, i, code->degrees[row], bits);
            model_check(bits, messages, code->degrees[row]);
        }
}

static int model_decode(const struct ldpc_code *code, const uint8_t *soft, int iterations_max, uint8_t *data) {
    int spent = 0;
    memset(&model, 0, sizeof model);
    for (size_t i = 0; i < code->shortened; i++) model.beliefs[i] = 127;
    for (size_t i = 0; i < code->sent_bits && code->shortened + i < ldpc_bits(code); i++)
        model.beliefs[code->shortened + i] = (int8_t)((5 * (255 - 2 * soft[i]) + 16) >> 5);
    while (!model_done(code) && spent < iterations_max) model_iteration(code), spent++;
    memset(data, 0, code->data_bits / 8U);
    for (size_t i = 0; i < code->data_bits; i++)
        data[i / 8] |= (uint8_t)((model.beliefs[code->shortened + i] < 0) << (7 - i % 8));
    return model_done(code) ? spent : SR_LDPC_NOT_CONVERGED;
}

/* Random codewords with noise: a sum of uniform numbers, which is the stronger the more they are. */
static void make_frames(int code, size_t count, int noise, uint8_t *data, uint8_t *soft, uint64_t *seed) {
    const size_t k = sr_ldpc_data_size(code), n = sr_ldpc_codeword_size(code);
    uint8_t codeword[4096];
    fill(data, count * k, seed);
    for (size_t b = 0; b < count; b++) {
        CHECK(sr_ldpc_encode(code, data + b * k, k, codeword, n, 1) == SR_OK);
        for (size_t i = 0; i < 8 * n; i++) {
            int value = bit(codeword, i) ? 168 : 87, strength = noise * (int)(b % 4);
            for (int j = 0; j < 4; j++) value += (int)(draw(seed) >> 56) * strength / 128 - strength;
            soft[b * 8 * n + i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

/* Frames at four levels of noise, more than are decoded side by side: decided as by the model above, in guarded
 * memory. */
static void as_the_model(int code, size_t count, int iterations_max) {
    const size_t k = sr_ldpc_data_size(code), n = sr_ldpc_codeword_size(code), symbols = 8 * n;
    const size_t scratch_size = sr_ldpc_scratch(code);
    uint64_t seed = 1 + (uint64_t)code;
    uint8_t *data = guarded(count * k), *soft = guarded(count * symbols), *out = guarded(count * k), expected[2048];
    uint8_t *scratch = guarded(scratch_size);
    int8_t *iterations = (int8_t *)guarded(count);
    make_frames(code, count, 28, data, soft, &seed);
    CHECK(sr_ldpc_decode(code, soft, symbols, count, iterations_max, out, k, iterations, scratch, scratch_size) ==
          SR_OK);
    for (size_t b = 0; b < count; b++) {
        if (b % 4 == 0) CHECK(iterations[b] >= 0 && iterations[b] <= 2 && !memcmp(out + b * k, data + b * k, k));
        if (k > 1000 && b > 2) continue; /* the model is slow */
        CHECK(iterations[b] == model_decode(&ldpc_codes[code], soft + b * symbols, iterations_max, expected));
        CHECK(!memcmp(out + b * k, expected, k));
    }
    release(data, count * k), release(soft, count * symbols), release(out, count * k);
    release(scratch, scratch_size), release((uint8_t *)iterations, count);
}

/* All parity checks hold for what the encoder makes. */
static void codewords_pass_the_checks(int number) {
    const struct ldpc_code *code = &ldpc_codes[number];
    const size_t k = sr_ldpc_data_size(number), n = sr_ldpc_codeword_size(number);
    const int punctured = ldpc_bits(code) > 8 * n + code->shortened;
    uint8_t *data = guarded(k), *codeword = guarded(n);
    uint64_t seed = 5;
    fill(data, k, &seed);
    CHECK(sr_ldpc_encode(number, data, k, codeword, n, 1) == SR_OK && !memcmp(data, codeword, k));
    memset(&model, 0, sizeof model);
    for (size_t i = 0; i < 8 * n && code->shortened + i < ldpc_bits(code); i++)
        model.beliefs[code->shortened + i] = bit(codeword, i) ? -32 : 32;
    for (size_t i = 0; i < code->shortened; i++) model.beliefs[i] = 32;
    for (int i = 0; i < 30 && punctured && !model_done(code); i++)
        model_iteration(code); /* finds the bits that are not sent */
    CHECK(model_done(code));
    release(data, k), release(codeword, n);
}

static void structure(void) {
    for (int number = 0; number < SR_LDPC_CODES; number++) {
        const struct ldpc_code *code = &ldpc_codes[number];
        size_t edges = 0;
        for (size_t row = 0; row < code->rows; row++) edges += code->degrees[row];
        CHECK(edges == code->edge_count && code->columns <= LDPC_COLUMNS_MAX && code->size <= LDPC_SIZE_MAX);
        CHECK(code->sent_bits % 8 == 0 && code->data_bits % 8 == 0);
        for (size_t e = 0; e < edges; e++)
            CHECK(code->edges[e].column < code->columns && code->edges[e].shift < code->size);
    }
}

static void strides(void) {
    enum { K = 8, N = 16, COUNT = 5 };
    const size_t size = sr_ldpc_scratch(SR_LDPC_TC_128);
    uint8_t wide[COUNT][K + 3] = {{0}}, codewords[COUNT][N + 5], soft[COUNT][8 * N + 1], out[COUNT][K + 1];
    uint8_t *scratch = malloc(size + 1);
    int8_t iterations[COUNT];
    uint64_t seed = 9;
    fill(wide[0], sizeof wide, &seed), memset(codewords, 0xEE, sizeof codewords), memset(out, 0xEE, sizeof out);
    CHECK(sr_ldpc_encode(SR_LDPC_TC_128, wide[0], K + 3, codewords[0], N + 5, COUNT) == SR_OK);
    for (size_t b = 0; b < COUNT; b++)
        for (size_t i = 0; i < 8 * N; i++) soft[b][i] = bit(codewords[b], i) ? 255 : 0;
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, soft[0], 8 * N + 1, COUNT, 0, out[0], K + 1, iterations, scratch + 1, size) ==
          SR_OK);
    for (size_t b = 0; b < COUNT; b++)
        CHECK(!memcmp(out[b], wide[b], K) && out[b][K] == 0xEE && codewords[b][N] == 0xEE && iterations[b] == 0);
    memset(soft, 128, sizeof soft);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, soft[0], 8 * N + 1, COUNT, 3, out[0], K + 1, iterations, scratch + 1, size) ==
          SR_OK);
    for (size_t b = 0; b < COUNT; b++) CHECK(iterations[b] == SR_LDPC_NOT_CONVERGED);
    free(scratch);
}

static void refusals(void) {
    uint8_t octets[8192] = {0};
    int8_t iterations;
    CHECK(sr_ldpc_data_size(-1) == 0 && sr_ldpc_codeword_size(SR_LDPC_CODES) == 0 && sr_ldpc_scratch(99) == 0);
    CHECK(sr_ldpc_encode(SR_LDPC_CODES, octets, 64, octets + 64, 64, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_encode(SR_LDPC_TC_128, octets, 7, octets + 64, 64, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_encode(SR_LDPC_TC_128, octets, 8, octets + 64, 15, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, octets, 127, 1, 1, octets, 8, &iterations, octets, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, octets, 128, 1, 128, octets, 8, &iterations, octets, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, octets, 128, 1, -1, octets, 8, &iterations, octets, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, octets, 128, 1, 1, octets, 7, &iterations, octets, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_ldpc_decode(SR_LDPC_TC_128, octets, 128, 1, 1, octets, 8, &iterations, octets,
                         sr_ldpc_scratch(SR_LDPC_TC_128) - 1) == SR_TOO_SMALL);
}

int main(void) {
    START();
    structure();
    strides();
    refusals();
    for (int code = 0; code < SR_LDPC_CODES; code++) {
        codewords_pass_the_checks(code);
        as_the_model(code, sr_ldpc_data_size(code) > 1000 ? 7 : sr_ldpc_data_size(code) > 100 ? 70 : 300, 6);
    }
    CHECK(sr_selftest_ldpc() == SR_OK);
    DONE();
}
