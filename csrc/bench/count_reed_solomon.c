#include "count.h"
#include "skyrack/reed_solomon.h"

enum { BLOCKS = 16, DATA = 1115, BLOCK = 1275, CODEWORDS = 5 };
static uint8_t data[BLOCKS * DATA], blocks[BLOCKS * BLOCK];
static int8_t corrections[BLOCKS * CODEWORDS];

/* Damage `wrong` symbols of every codeword; a second call takes the damage away. */
static void damage(unsigned wrong) {
    for (size_t block = 0; block < BLOCKS; block++)
        for (size_t symbol = 0; symbol < wrong; symbol++)
            for (size_t i = 0; i < CODEWORDS; i++) blocks[block * BLOCK + 7 * CODEWORDS * symbol + i] ^= 0x5A;
}

int main(void) {
    static const struct sr_rs_params FRAME = {32, CODEWORDS, 0, 1};
    fill(data, sizeof data);
    COUNT("encode 80 codewords", sr_rs_encode(&FRAME, data, DATA, blocks, BLOCK, BLOCKS));
    COUNT("decode 80 clean codewords", sr_rs_decode(&FRAME, blocks, BLOCK, data, DATA, BLOCKS, corrections));
    damage(8);
    COUNT("decode 80 codewords, 8 wrong", sr_rs_decode(&FRAME, blocks, BLOCK, data, DATA, BLOCKS, corrections));
    damage(8), damage(16);
    COUNT("decode 80 codewords, 16 wrong", sr_rs_decode(&FRAME, blocks, BLOCK, data, DATA, BLOCKS, corrections));
    return corrections[0] != 16;
}
