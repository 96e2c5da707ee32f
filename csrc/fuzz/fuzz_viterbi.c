/* Arbitrary symbols, arbitrary ranges of bits: nothing is touched outside them, and pieces agree with the whole. */
#include "skyrack/viterbi.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < 4) return 0;
    size_t bits = (size - 4) / 2, first = input[0] | input[1] << 8, count = input[2] | input[3] << 8;
    uint8_t *scratch = malloc(sr_viterbi_scratch()), *out = malloc((count + 7) / 8 + 1), *all = malloc(bits / 8 + 2);
    int result = sr_viterbi_decode(input + 4, bits, first, count, out, scratch, sr_viterbi_scratch());
    if ((result == SR_OK) != (first <= bits && count <= bits - first)) abort();
    if (sr_viterbi_decode(input + 4, bits, 0, bits, all, scratch, sr_viterbi_scratch()) != SR_OK) abort();
    if (result == SR_OK && first % SR_VITERBI_BLOCK == 0 && count % SR_VITERBI_BLOCK == 0 &&
        memcmp(out, all + first / 8, count / 8))
        abort();
    uint8_t history = input[0], *symbols = malloc(2 * size);
    sr_conv_encode(input, size, symbols, &history);
    if (history != (input[size - 1] & 0x3F)) abort();
    free(scratch), free(out), free(all), free(symbols);
    return 0;
}
