/* Any code, any symbols, any number of frames and iterations: every level decides the same, and the data of a frame
 * that converged encodes to the codeword that was decided on. */
#include "fuzz.h"
#include "skyrack/ldpc.h"

struct call {
    int code, iterations_max;
    size_t count, soft_stride, data_stride, scratch_short;
};

static int decode(const struct call *call, const uint8_t *soft, uint8_t *data, int8_t *iterations) {
    const size_t size = sr_ldpc_scratch(call->code);
    const size_t given = size < call->scratch_short ? 0 : size - call->scratch_short;
    uint8_t *scratch = owned(NULL, given);
    const int status = sr_ldpc_decode(call->code, soft, call->soft_stride, call->count, call->iterations_max, data,
                                      call->data_stride, iterations, scratch, given);
    free(scratch);
    return status;
}

static int legal(const struct call *call) {
    const size_t k = sr_ldpc_data_size(call->code);
    return k && call->soft_stride >= 8 * sr_ldpc_codeword_size(call->code) && call->data_stride >= k &&
           call->iterations_max >= 0 && call->iterations_max <= SR_LDPC_ITERATIONS_MAX;
}

static void levels_agree(const struct call *call, const uint8_t *soft, size_t data_octets) {
    uint8_t *data = calloc(data_octets + 1, 1), *other = calloc(data_octets + 1, 1);
    int8_t *iterations = owned(NULL, call->count), *others = owned(NULL, call->count);
    sr_level_select("portable");
    const int status = decode(call, soft, data, iterations);
    REQUIRE((status != SR_BAD_ARGUMENT) == legal(call));
    ON_EACH_LEVEL(level) {
        REQUIRE(decode(call, soft, other, others) == status);
        if (status != SR_OK) continue;
        REQUIRE(!memcmp(data, other, data_octets) && !memcmp(iterations, others, call->count));
    }
    for (size_t b = 0; b < call->count && status == SR_OK; b++)
        REQUIRE(iterations[b] >= SR_LDPC_NOT_CONVERGED && iterations[b] <= call->iterations_max);
    free(data), free(other), free(iterations), free(others);
}

/* The codewords of data from the input are decoded to that data. */
static void clean_codewords_come_back(int code, struct input input) {
    const size_t k = sr_ldpc_data_size(code), n = sr_ldpc_codeword_size(code);
    uint8_t *data = owned(NULL, k), *codeword = owned(NULL, n), *soft = owned(NULL, 8 * n), *out = owned(NULL, k);
    int8_t iterations;
    const struct call call = {code, 2, 1, 8 * n, k, 0};
    for (size_t i = 0; i < k; i++) data[i] = (uint8_t)take(&input, 1);
    REQUIRE(sr_ldpc_encode(code, data, k, codeword, n, 1) == SR_OK);
    for (size_t i = 0; i < 8 * n; i++) soft[i] = codeword[i / 8] << i % 8 & 0x80 ? 200 : 55;
    REQUIRE(decode(&call, soft, out, &iterations) == SR_OK && iterations >= 0 && !memcmp(out, data, k));
    free(data), free(codeword), free(soft), free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct call call = {.code = (int8_t)take(&input, 1) % 16, .iterations_max = (int8_t)take(&input, 1) % 8};
    const size_t k = sr_ldpc_data_size(call.code), n = sr_ldpc_codeword_size(call.code), wide = take(&input, 1);
    call.count = n > 64 ? 1 : take(&input, 1) % 80;
    call.soft_stride = 8 * n + wide % 4 - (wide % 16 == 15), call.data_stride = k + wide / 16 % 4 - (wide / 16 == 15);
    call.scratch_short = wide == 77;
    const size_t symbols = call.count * (call.soft_stride + 1), data_octets = call.count * (call.data_stride + 1);
    uint8_t *soft = owned(NULL, symbols);
    for (size_t i = 0; i < symbols; i++) soft[i] = input.size ? input.octets[i * 7 % input.size] : 128;
    levels_agree(&call, soft, data_octets);
    if (k && n <= 1020) clean_codewords_come_back(call.code, input); /* longer codewords would take most of the time */
    free(soft);
    return 0;
}
