#include "check.h"
#include "skyrack/bch.h"

/* The register of CCSDS 231.0-B-4 figure 3-2, bit by bit. */
static uint8_t parity_by_definition(const uint8_t *data) {
    unsigned state = 0;
    for (int bit = 0; bit < 56; bit++) {
        unsigned back = (state >> 6 ^ data[bit / 8] >> (7 - bit % 8)) & 1;
        state = (state << 1 & 0x7F) ^ (back ? 0x45 : 0);
    }
    return (uint8_t)(~(state << 1) & 0xFE);
}

static void flip(uint8_t *block, int bit) { block[bit / 8] ^= (uint8_t)(0x80 >> bit % 8); }

static void every_error_of_one_and_two_bits(const uint8_t *data, const uint8_t *block) {
    uint8_t bad[SR_BCH_BLOCK], back[SR_BCH_DATA];
    int8_t corrected;
    for (int i = 0; i < 63; i++) {
        memcpy(bad, block, sizeof bad), flip(bad, i);
        sr_bch_decode(bad, 1, back, &corrected);
        CHECK(corrected == 1 && memcmp(back, data, sizeof back) == 0);
        for (int j = 0; j < i; j++) {
            flip(bad, j);
            sr_bch_decode(bad, 1, back, &corrected);
            CHECK(corrected == -1 && memcmp(back, bad, sizeof back) == 0);
            flip(bad, j);
        }
    }
}

int main(void) {
    START();
    enum { BLOCKS = 40 };
    uint64_t seed = 1;
    uint8_t *data = guarded(BLOCKS * SR_BCH_DATA), *blocks = guarded(BLOCKS * SR_BCH_BLOCK);
    uint8_t back[BLOCKS * SR_BCH_DATA];
    int8_t corrected[BLOCKS];
    fill(data, BLOCKS * SR_BCH_DATA, &seed);
    sr_bch_encode(data, BLOCKS, blocks);
    sr_bch_decode(blocks, BLOCKS, back, corrected);
    CHECK(memcmp(back, data, sizeof back) == 0);
    for (int i = 0; i < BLOCKS; i++) {
        const uint8_t *block = blocks + i * SR_BCH_BLOCK;
        CHECK(corrected[i] == 0 && block[7] == parity_by_definition(block));
        every_error_of_one_and_two_bits(data + i * SR_BCH_DATA, block);
    }
    blocks[7] ^= 1; /* the filler bit */
    sr_bch_decode(blocks, 1, back, corrected);
    CHECK(corrected[0] == 0);
    static const uint8_t TAIL[SR_BCH_BLOCK] = {0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79};
    sr_bch_decode(TAIL, 1, back, corrected);
    CHECK(corrected[0] == -1); /* which is how the end of a CLTU is recognised (CCSDS 231.0-B-4 section 5.2.4) */
    CHECK(sr_selftest_bch() == SR_OK);
    release(data, BLOCKS * SR_BCH_DATA), release(blocks, BLOCKS * SR_BCH_BLOCK);
    DONE();
}
