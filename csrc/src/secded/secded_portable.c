#include "secded/ops.h"

#define COLUMNS(seed)                                                                                                  \
    SR_SPAN(SECDED_COLUMN(seed, 0), SECDED_COLUMN(seed, 1), SECDED_COLUMN(seed, 2), SECDED_COLUMN(seed, 3),            \
            SECDED_COLUMN(seed, 4), SECDED_COLUMN(seed, 5), SECDED_COLUMN(seed, 6), SECDED_COLUMN(seed, 7))
static const uint8_t TABLE[8][256] = SECDED_SEEDS(COLUMNS);

void secded_encode_words(const uint8_t *data, size_t words, uint8_t *checks) {
    for (size_t i = 0; i < words; i++, data += 8)
        checks[i] = (uint8_t)(TABLE[0][data[0]] ^ TABLE[1][data[1]] ^ TABLE[2][data[2]] ^ TABLE[3][data[3]] ^
                              TABLE[4][data[4]] ^ TABLE[5][data[5]] ^ TABLE[6][data[6]] ^ TABLE[7][data[7]]);
}

SECDED_VOTE(vote3)
const struct secded_ops secded_portable = {.encode = secded_encode_words, .vote3 = vote3};
