#include "count.h"
#include "skyrack/viterbi.h"

enum { BITS = 2 * SR_VITERBI_BLOCKS * SR_VITERBI_BLOCK }; /* twice as many blocks as are decoded side by side */
static uint8_t data[BITS / 8], symbols[BITS / 4], soft[2 * BITS];

/* Symbols received with certainty, one in 37 of them wrong. */
static void receive(void) {
    for (size_t i = 0; i < 2 * BITS; i++) soft[i] = symbols[i / 8] >> (7 - i % 8) & 1 ? 255 : 0;
    for (size_t i = 0; i < 2 * BITS; i += 37) soft[i] ^= 255;
}

int main(void) {
    static uint8_t decoded[BITS / 8];
    uint8_t history = 0;
    void *scratch = malloc(sr_viterbi_scratch());
    fill(data, sizeof data);
    COUNT("encode 7.5 KiB", sr_conv_encode(data, sizeof data, symbols, &history));
    receive();
    COUNT("decode 61440 bits", sr_viterbi_decode(soft, BITS, 0, BITS, decoded, scratch, sr_viterbi_scratch()));
    free(scratch);
    return memcmp(decoded, data, sizeof data) != 0;
}
