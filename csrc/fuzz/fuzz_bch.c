/* Arbitrary codeblocks, on every level: what is corrected is a codeword at distance one; what is not is as received. */
#include "fuzz.h"
#include "skyrack/bch.h"

/* In how many bits of the code two codeblocks differ; the filler bit is none of them. */
static int distance(const uint8_t a[SR_BCH_BLOCK], const uint8_t b[SR_BCH_BLOCK]) {
    int bits = __builtin_popcount((a[SR_BCH_DATA] ^ b[SR_BCH_DATA]) & 0xFE);
    for (int i = 0; i < SR_BCH_DATA; i++) bits += __builtin_popcount(a[i] ^ b[i]);
    return bits;
}

static void check(const uint8_t *received, const uint8_t *data, int8_t corrected) {
    uint8_t again[SR_BCH_BLOCK];
    sr_bch_encode(data, 1, again);
    REQUIRE(corrected < 0 ? memcmp(data, received, SR_BCH_DATA) == 0 : distance(again, received) == corrected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t blocks = size / SR_BCH_BLOCK;
    uint8_t *received = owned(data, blocks * SR_BCH_BLOCK), *decoded = owned(NULL, blocks * SR_BCH_DATA);
    int8_t *corrected = owned(NULL, blocks);
    ON_EACH_LEVEL(level) {
        sr_bch_decode(received, blocks, decoded, corrected);
        for (size_t i = 0; i < blocks; i++) check(received + i * SR_BCH_BLOCK, decoded + i * SR_BCH_DATA, corrected[i]);
    }
    free(received), free(decoded), free(corrected);
    return 0;
}
