/* Arbitrary symbols, arbitrary ranges of bits: nothing outside them is touched, pieces that begin at multiples of a
 * block agree with the whole, and all levels decide alike. */
#include "fuzz.h"
#include "skyrack/viterbi.h"

enum { BITS_MAX = 3 * SR_VITERBI_BLOCK };

/* `size` octets: those of the input, over and over. */
static uint8_t *cycled(const struct input *input, size_t size) {
    uint8_t *octets = owned(NULL, size);
    for (size_t i = 0; i < size; i++) octets[i] = input->size ? input->octets[i % input->size] : 0;
    return octets;
}

/* Bits `first` to `first` + `count` - 1; NULL where they are not among the bits given, and the decoder has to
 * refuse. */
static uint8_t *decoded(const uint8_t *soft, size_t bits, size_t first, size_t count) {
    uint8_t *scratch = owned(NULL, sr_viterbi_scratch()), *out = owned(NULL, (count + 7) / 8);
    int result = sr_viterbi_decode(soft, bits, first, count, out, scratch, sr_viterbi_scratch());
    REQUIRE((result == SR_OK) == (first <= bits && count <= bits - first));
    free(scratch);
    if (result == SR_OK) return out;
    free(out);
    return NULL;
}

static void decode(const uint8_t *soft, size_t bits, size_t first, size_t count) {
    sr_level_select("portable");
    uint8_t *whole = decoded(soft, bits, 0, bits), *wanted = decoded(soft, bits, first, count);
    const int on_grid = first % SR_VITERBI_BLOCK == 0 && count % SR_VITERBI_BLOCK == 0;
    if (wanted && on_grid) REQUIRE(memcmp(wanted, whole + first / 8, count / 8) == 0);
    ON_EACH_LEVEL(level) {
        uint8_t *part = decoded(soft, bits, first, count);
        REQUIRE(!part == !wanted && (!part || memcmp(part, wanted, (count + 7) / 8) == 0));
        free(part);
    }
    free(whole), free(wanted);
}

static void encode(const uint8_t *data, size_t size, uint8_t history) {
    uint8_t *symbols = owned(NULL, 2 * size);
    sr_conv_encode(data, size, symbols, &history);
    REQUIRE(!size || history == (data[size - 1] & 0x3F));
    free(symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    size_t bits = take(&input, 2) % BITS_MAX, first = take(&input, 2) % (bits + 2),
           count = take(&input, 2) % (bits + 2);
    /* Half of the time at multiples of a block. */
    if (first & 1) first -= first % SR_VITERBI_BLOCK, count -= count % SR_VITERBI_BLOCK;
    uint8_t *soft = cycled(&input, 2 * bits);
    decode(soft, bits, first, count);
    encode(soft, bits / 8, (uint8_t)(first & 0x3F));
    free(soft);
    return 0;
}
