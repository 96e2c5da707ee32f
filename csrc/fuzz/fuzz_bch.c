/* Arbitrary codeblocks: what is corrected is a codeword at distance one; what is not is given as received. */
#include "skyrack/bch.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    size_t blocks = size / SR_BCH_BLOCK;
    uint8_t *data = malloc(blocks * SR_BCH_DATA + 1);
    int8_t *corrected = malloc(blocks + 1);
    sr_bch_decode(input, blocks, data, corrected);
    for (size_t i = 0; i < blocks; i++) {
        uint8_t again[SR_BCH_BLOCK];
        const uint8_t *received = input + i * SR_BCH_BLOCK;
        int distance = 0;
        sr_bch_encode(data + i * SR_BCH_DATA, 1, again);
        for (int k = 0; k < SR_BCH_BLOCK; k++)
            distance += __builtin_popcount((again[k] ^ received[k]) & (k == SR_BCH_DATA ? 0xFE : 0xFF));
        if (corrected[i] < 0 ? memcmp(data + i * SR_BCH_DATA, received, SR_BCH_DATA) != 0 : distance != corrected[i]) abort();
    }
    free(data), free(corrected);
    return 0;
}
