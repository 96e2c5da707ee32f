#include "count.h"
#include "skyrack/ldpc.h"

enum { FRAMES = 32, DATA = 1024 / 8, SYMBOLS = 2048 };
static uint8_t data[FRAMES * DATA], codewords[FRAMES * SYMBOLS / 8], soft[FRAMES * SYMBOLS];
static int8_t iterations[FRAMES];

int main(void) {
    const size_t size = sr_ldpc_scratch(SR_LDPC_AR4JA_1_2_1024);
    void *scratch = malloc(size);
    fill(data, sizeof data), fill(soft, sizeof soft);
    COUNT("encode 32 codewords, AR4JA 1/2 of 1024 bits",
          sr_ldpc_encode(SR_LDPC_AR4JA_1_2_1024, data, DATA, codewords, SYMBOLS / 8, FRAMES));
    COUNT("decode 32 codewords of noise, 2 iterations",
          sr_ldpc_decode(SR_LDPC_AR4JA_1_2_1024, soft, SYMBOLS, FRAMES, 2, data, DATA, iterations, scratch, size));
    free(scratch);
    return 0;
}
