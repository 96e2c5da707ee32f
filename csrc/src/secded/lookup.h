/* Sixteen words at a time by look-ups among sixteen octets: pshufb on x86-64, tbl on aarch64. The words are transposed,
 * so that a vector holds the same octet of all sixteen; two look-ups, one for each half of that octet, give what it
 * adds to the checks. The file that includes this has defined `octets`, and lookup(table, at): octet i of the result is
 * octet at[i], 0..15, of the table. */
#include "secded/ops.h"

typedef uint16_t pairs __attribute__((vector_size(16)));

#define LOW_HALF(seed)                                                                                                 \
    {SR_SPAN16(0, SECDED_COLUMN(seed, 0), SECDED_COLUMN(seed, 1), SECDED_COLUMN(seed, 2), SECDED_COLUMN(seed, 3))}
#define HIGH_HALF(seed)                                                                                                \
    {SR_SPAN16(0, SECDED_COLUMN(seed, 4), SECDED_COLUMN(seed, 5), SECDED_COLUMN(seed, 6), SECDED_COLUMN(seed, 7))}
static const octets LOW[8] = SECDED_SEEDS(LOW_HALF), HIGH[8] = SECDED_SEEDS(HIGH_HALF);

static inline pairs low16(pairs a, pairs b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
static inline pairs high16(pairs a, pairs b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }

/* The octets of two words as eight pairs: their first octets, their second octets, ... */
static inline pairs paired(const uint8_t *words) {
    octets both;
    memcpy(&both, words, sizeof both);
    return (pairs)__builtin_shufflevector(both, both, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/* One step of transposing 8 x 8 pairs; three steps do it. */
static inline void step(const pairs from[8], pairs to[8]) {
    for (int i = 0; i < 4; i++) to[2 * i] = low16(from[i], from[i + 4]), to[2 * i + 1] = high16(from[i], from[i + 4]);
}

static void encode(const uint8_t *data, size_t words, uint8_t *checks) {
    for (; words >= 16; words -= 16, data += 128, checks += 16) {
        pairs a[8], b[8];
        for (int i = 0; i < 8; i++) a[i] = paired(data + 16 * i);
        step(a, b), step(b, a), step(a, b);
        octets sum = {0};
        for (int i = 0; i < 8; i++) {
            octets of_all = (octets)b[i];
            sum ^= lookup(LOW[i], of_all & 15) ^ lookup(HIGH[i], of_all >> 4);
        }
        memcpy(checks, &sum, sizeof sum);
    }
    secded_encode_words(data, words, checks);
}
