#include "check.h"
#include "skyrack/viterbi.h"

static unsigned parity(unsigned x) { return (unsigned)__builtin_popcount(x) & 1; }

/* The encoder bit by bit, as figure 3-1 of CCSDS 131.0-B draws it; the newest bit has weight 64. */
static void encode_by_definition(const uint8_t *data, size_t bits, uint8_t *symbols) {
    unsigned shift = 0;
    for (size_t i = 0; i < bits; i++) {
        shift = shift >> 1 | (data[i / 8] >> (7 - i % 8) & 1U) << 6;
        symbols[2 * i] = (uint8_t)parity(shift & 0171), symbols[2 * i + 1] = (uint8_t)!parity(shift & 0133);
    }
}

static void encoder(void) {
    enum { OCTETS = 60 };
    uint64_t seed = 1;
    uint8_t *data = guarded(OCTETS), *packed = guarded(2 * OCTETS), symbols[16 * OCTETS], history = 0;
    fill(data, OCTETS, &seed);
    encode_by_definition(data, 8 * OCTETS, symbols);
    sr_conv_encode(data, 7, packed, &history); /* in two pieces */
    sr_conv_encode(data + 7, OCTETS - 7, packed + 14, &history);
    for (size_t i = 0; i < sizeof symbols; i++) CHECK((packed[i / 8] >> (7 - i % 8) & 1) == symbols[i]);
    release(data, OCTETS), release(packed, 2 * OCTETS);
}

static void soft_symbols(const uint8_t *data, size_t bits, uint8_t *soft, unsigned wrong_each, uint64_t *seed) {
    encode_by_definition(data, bits, soft);
    for (size_t i = 0; i < 2 * bits; i++) {
        soft[i] = (uint8_t)(soft[i] ? 150 + draw(seed) % 80 : 26 + draw(seed) % 80);
        if (wrong_each && i % wrong_each == 5) soft[i] = (uint8_t)(255 - soft[i]);
    }
}

static void every_length(void) {
    enum { BITS = 2 * SR_VITERBI_BLOCK + 300 };
    uint64_t seed = 2;
    uint8_t data[(BITS + 7) / 8], *soft = guarded(2 * BITS), *scratch = malloc(sr_viterbi_scratch() + 1);
    fill(data, sizeof data, &seed);
    for (size_t bits = 0; bits <= BITS; bits += 1 + bits / 9) {
        uint8_t *out = guarded((bits + 7) / 8 + !bits), *start = soft + 2 * (BITS - bits);
        soft_symbols(data, bits, start, 40, &seed);
        CHECK(sr_viterbi_decode(start, bits, 0, bits, out, scratch + 1, sr_viterbi_scratch()) == SR_OK);
        for (size_t i = 0; i + 20 < bits; i++) /* the last few bits have too few symbols to be sure of */
            CHECK(((out[i / 8] ^ data[i / 8]) >> (7 - i % 8) & 1) == 0);
        if (bits % 8) CHECK((out[bits / 8] & 0xFF >> bits % 8) == 0);
        release(out, (bits + 7) / 8 + !bits);
    }
    free(scratch), release(soft, 2 * BITS);
}

/* A stream decoded in pieces that begin at multiples of a block, with their context, gives what it gives in one piece;
 * and all levels agree, with noise and without. */
static void pieces_and_levels(void) {
    enum { BITS = 11 * SR_VITERBI_BLOCK + 17, OCTETS = (BITS + 7) / 8 };
    uint64_t seed = 3;
    uint8_t *soft = malloc(2 * BITS), *scratch = malloc(sr_viterbi_scratch());
    static uint8_t whole[OCTETS], pieces[OCTETS], reference[OCTETS];
    fill(soft, 2 * BITS, &seed);
    sr_viterbi_decode(soft, BITS, 0, BITS, whole, scratch, sr_viterbi_scratch());
    for (size_t first = 0; first < BITS; first += 3 * SR_VITERBI_BLOCK) {
        size_t count = BITS - first < 3 * SR_VITERBI_BLOCK ? BITS - first : 3 * SR_VITERBI_BLOCK;
        size_t from = first < SR_VITERBI_CONTEXT ? 0 : first - SR_VITERBI_CONTEXT;
        size_t to = first + count + SR_VITERBI_CONTEXT < BITS ? first + count + SR_VITERBI_CONTEXT : BITS;
        sr_viterbi_decode(soft + 2 * from, to - from, first - from, count, pieces + first / 8, scratch,
                          sr_viterbi_scratch());
    }
    CHECK(memcmp(whole, pieces, OCTETS) == 0);
    int level = sr_level();
    sr_level_select("portable");
    sr_viterbi_decode(soft, BITS, 0, BITS, reference, scratch, sr_viterbi_scratch());
    sr_level_select(sr_level_name(level));
    CHECK(memcmp(whole, reference, OCTETS) == 0);
    free(soft), free(scratch);
}

int main(void) {
    START();
    encoder();
    every_length();
    pieces_and_levels();
    uint8_t octet = 0, soft[2] = {0};
    CHECK(sr_viterbi_decode(soft, 1, 1, 1, &octet, NULL, 0) == SR_BAD_ARGUMENT);
    CHECK(sr_viterbi_decode(soft, 1, 2, 0, &octet, NULL, 0) == SR_BAD_ARGUMENT);
    CHECK(sr_viterbi_decode(soft, 1, 0, 1, &octet, soft, 2) == SR_TOO_SMALL);
    CHECK(sr_selftest_viterbi() == SR_OK);
    DONE();
}
