#include "count.h"
#include "skyrack/bch.h"

enum { BLOCKS = 500 };
static uint8_t data[BLOCKS * SR_BCH_DATA], blocks[BLOCKS * SR_BCH_BLOCK];
static int8_t corrected[BLOCKS];

int main(void) {
    fill(data, sizeof data);
    COUNT("encode 500 codeblocks", sr_bch_encode(data, BLOCKS, blocks));
    COUNT("decode 500 clean codeblocks", sr_bch_decode(blocks, BLOCKS, data, corrected));
    for (size_t i = 0; i < BLOCKS; i++) blocks[i * SR_BCH_BLOCK + i % SR_BCH_DATA] ^= 4;
    COUNT("decode 500 codeblocks, one bit wrong", sr_bch_decode(blocks, BLOCKS, data, corrected));
    return 0;
}
