#include "ldpc/ops.h"
#include <string.h>

static const struct ldpc_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &ldpc_portable,
                                                         SR_ON_X86([SR_AVX2] = &ldpc_avx2, [SR_AVX512] = &ldpc_avx512)
                                                             SR_ON_ARM([SR_NEON] = &ldpc_neon)};

static const struct ldpc_code *code_of(int code) {
    return code >= 0 && code < SR_LDPC_CODES ? &ldpc_codes[code] : NULL;
}

size_t sr_ldpc_data_size(int code) { return code_of(code) ? code_of(code)->data_bits / 8U : 0; }
size_t sr_ldpc_codeword_size(int code) { return code_of(code) ? code_of(code)->sent_bits / 8U : 0; }

size_t sr_ldpc_scratch(int code) {
    const struct ldpc_code *found = code_of(code);
    return found ? LDPC_ALIGN + ldpc_scratch(found, SR_PICK(TABLES)->lanes) : 0;
}

int sr_ldpc_encode(int code, const uint8_t *data, size_t data_stride, uint8_t *codewords, size_t codeword_stride,
                   size_t count) {
    const struct ldpc_code *found = code_of(code);
    if (!found || data_stride < sr_ldpc_data_size(code) || codeword_stride < sr_ldpc_codeword_size(code))
        return SR_BAD_ARGUMENT;
    for (size_t b = 0; b < count; b++) ldpc_encode(found, data + b * data_stride, codewords + b * codeword_stride);
    return SR_OK;
}

int sr_ldpc_decode(int code, const uint8_t *soft, size_t soft_stride, size_t count, int iterations_max, uint8_t *data,
                   size_t data_stride, int8_t *iterations, void *scratch, size_t scratch_size) {
    const struct ldpc_code *found = code_of(code);
    if (!found || soft_stride < found->sent_bits || data_stride < sr_ldpc_data_size(code) || iterations_max < 0 ||
        iterations_max > SR_LDPC_ITERATIONS_MAX)
        return SR_BAD_ARGUMENT;
    if (scratch_size < sr_ldpc_scratch(code)) return SR_TOO_SMALL;
    int8_t *aligned = (int8_t *)scratch + (-(uintptr_t)scratch & (LDPC_ALIGN - 1));
    const struct ldpc_task task = {found,       soft,  data,           iterations, soft_stride,
                                   data_stride, count, iterations_max, aligned};
    SR_PICK(TABLES)->decode(&task);
    return SR_OK;
}

static uint32_t hash(uint32_t before, const uint8_t *octets, size_t size) { /* FNV-1a: one number for all */
    for (size_t i = 0; i < size; i++) before = (before ^ octets[i]) * 16777619;
    return before;
}

/* The data 0, 37, 74, ... gives the codewords, in the shorter codes of each kind, that this stored hash was made of. */
static int encodes_as_stored(void) {
    enum { ENOUGH = 8160 / 8, SUM = 222244590 };
    static const uint8_t CODES[] = {SR_LDPC_TC_128,         SR_LDPC_TC_512,         SR_LDPC_C2,
                                    SR_LDPC_AR4JA_1_2_1024, SR_LDPC_AR4JA_2_3_1024, SR_LDPC_AR4JA_4_5_1024};
    uint8_t data[ENOUGH], codeword[ENOUGH];
    uint32_t sum = 2166136261;
    for (size_t i = 0; i < ENOUGH; i++) data[i] = (uint8_t)(37 * i);
    for (size_t i = 0; i < sizeof CODES; i++) {
        if (sr_ldpc_encode(CODES[i], data, ENOUGH, codeword, ENOUGH, 1) != SR_OK) return 0;
        sum = hash(sum, codeword, sr_ldpc_codeword_size(CODES[i]));
    }
    return sum == SUM;
}

/* A telecommand with four symbols inverted and eight unknown is decoded in as many iterations as stored. */
static int decodes_as_stored(void) {
    enum { SYMBOLS = 128, LANES_MAX = 64, ITERATIONS = 2 };
    static const uint8_t DATA[8] = {0x20, 0x3F, 0x00, 0x11, 0xA5, 0x5A, 0xC3, 0x99};
    uint8_t codeword[SYMBOLS / 8], soft[SYMBOLS], data[8], scratch[LDPC_ALIGN + (SYMBOLS + 512 + 8) * LANES_MAX];
    int8_t iterations;
    if (sr_ldpc_encode(SR_LDPC_TC_128, DATA, sizeof DATA, codeword, sizeof codeword, 1) != SR_OK) return 0;
    for (size_t i = 0; i < SYMBOLS; i++) soft[i] = codeword[i / 8] << i % 8 & 0x80 ? 192 : 63;
    for (size_t i = 0; i < 4; i++) soft[29 * i] ^= 0xFF;
    memset(soft + 40, 128, 8);
    return sr_ldpc_decode(SR_LDPC_TC_128, soft, SYMBOLS, 1, 20, data, sizeof data, &iterations, scratch,
                          sizeof scratch) == SR_OK &&
           iterations == ITERATIONS && memcmp(data, DATA, sizeof data) == 0;
}

int sr_selftest_ldpc(void) { return encodes_as_stored() && decodes_as_stored() ? SR_OK : SR_CORRUPT; }
