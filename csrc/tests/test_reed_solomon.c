#include "check.h"
#include "skyrack/reed_solomon.h"

/* Octets with an unreadable page right behind them, or right before them. */
struct memory {
    uint8_t *octets;
    size_t size;
};
static struct memory claim(size_t size, int at_front) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = at_front ? (size + page - 1) / page * page : size;
    return (struct memory){guarded(whole), whole};
}
static void give_back(struct memory memory) { release(memory.octets, memory.size); }

/* Damage 0 to E + 1 symbols of every codeword, E being as many as can be corrected. */
static void damage(const struct sr_rs_params *params, uint8_t *blocks, size_t stride, size_t count, uint64_t *state) {
    size_t length = sr_rs_block_size(params) / params->interleave;
    for (size_t codeword = 0; codeword < count * params->interleave; codeword++)
        for (size_t wrong = draw(state) % (params->parity / 2 + 2); wrong > 0; wrong--) {
            size_t symbol = draw(state) % length;
            blocks[codeword / params->interleave * stride + symbol * params->interleave +
                   codeword % params->interleave] ^= (uint8_t)draw(state);
        }
}

/* Encode, damage and decode in memory that ends, or begins, at an unreadable page. The results are those of the
 * portable level in ordinary memory, and the same whether decoded in place or not. */
static void check_batch(const struct sr_rs_params *params, size_t count, int at_front, uint64_t *state) {
    const size_t data_size = sr_rs_data_size(params), block_size = sr_rs_block_size(params), stride = block_size + 3;
    const size_t whole = (count - 1) * stride + block_size, codewords = count * params->interleave;
    struct memory data = claim(count * data_size, at_front), blocks = claim(whole, at_front);
    struct memory found = claim(codewords, at_front), received = claim(count * data_size, at_front);
    uint8_t *expected = calloc(1, whole), *decoded = malloc(count * data_size);
    int8_t *corrections = malloc(codewords);
    fill(data.octets, count * data_size, state);
    memset(blocks.octets, 0, whole);
    CHECK(sr_rs_encode(params, data.octets, data_size, blocks.octets, stride, count) == SR_OK);
    sr_level_select("portable");
    sr_rs_encode(params, data.octets, data_size, expected, stride, count);
    CHECK(memcmp(blocks.octets, expected, whole) == 0);

    damage(params, expected, stride, count, state);
    memcpy(blocks.octets, expected, whole);
    sr_rs_decode(params, expected, stride, decoded, data_size, count, corrections);
    sr_level_select(NULL);
    CHECK(sr_rs_decode(params, blocks.octets, stride, received.octets, data_size, count, (int8_t *)found.octets) ==
          SR_OK);
    CHECK(memcmp(received.octets, decoded, count * data_size) == 0);
    CHECK(memcmp(found.octets, corrections, codewords) == 0);
    CHECK(memcmp(blocks.octets, expected, whole) == 0);
    CHECK(sr_rs_decode(params, blocks.octets, stride, blocks.octets, stride, count, (int8_t *)found.octets) == SR_OK);
    for (size_t b = 0; b < count; b++) {
        CHECK(memcmp(blocks.octets + b * stride, decoded + b * data_size, data_size) == 0);
        CHECK(memcmp(blocks.octets + b * stride + data_size, expected + b * stride + data_size,
                     stride - data_size - 3) == 0);
    }
    give_back(data), give_back(blocks), give_back(found), give_back(received);
    free(expected), free(decoded), free(corrections);
}

static void check_every_shape(void) {
    static const size_t COUNTS[] = {1, 2, 7, 13, 33, 64, 70};
    uint64_t state = 131;
    for (uint32_t interleave = 1; interleave <= 8; interleave++)
        for (uint32_t code = 0; code < 4; code++)
            for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
                const uint32_t parity = code & 1 ? 16 : 32,
                               fill = i % 2 ? (uint32_t)(draw(&state) % (255 - parity)) : 0;
                const struct sr_rs_params params = {parity, interleave, fill, code >> 1};
                check_batch(&params, COUNTS[i], i % 3 == 0, &state);
            }
}

static void check_arguments(void) {
    static const struct sr_rs_params WRONG[] = {{24, 1, 0, 0},   {32, 0, 0, 0},   {32, 9, 0, 0},
                                                {32, 1, 223, 0}, {16, 1, 239, 0}, {32, 1, 0, 2}};
    const struct sr_rs_params right = {32, 1, 222, 1};
    uint8_t octets[128] = {0};
    int8_t corrections[2];
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        CHECK(sr_rs_data_size(&WRONG[i]) == 0 && sr_rs_block_size(&WRONG[i]) == 0);
        CHECK(sr_rs_encode(&WRONG[i], octets, 0, octets, 0, 0) == SR_BAD_ARGUMENT);
        CHECK(sr_rs_decode(&WRONG[i], octets, 0, octets, 0, 0, corrections) == SR_BAD_ARGUMENT);
    }
    CHECK(sr_rs_data_size(&right) == 1 && sr_rs_block_size(&right) == 33);
    CHECK(sr_rs_encode(&right, octets, 1, octets + 2, 32, 2) == SR_BAD_ARGUMENT); /* blocks that overlap */
    CHECK(sr_rs_encode(&right, octets, 1, octets, 33, 2) == SR_BAD_ARGUMENT);     /* in place with another stride */
    CHECK(sr_rs_decode(&right, octets, 33, octets + 66, 0, 2, corrections) == SR_BAD_ARGUMENT);
    CHECK(sr_rs_encode(&right, octets, 0, octets, 0, 0) == SR_OK);
}

int main(void) {
    START();
    CHECK(sr_selftest_reed_solomon() == SR_OK);
    check_arguments();
    check_every_shape();
    DONE();
}
