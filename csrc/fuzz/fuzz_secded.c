/* Arbitrary memory and checks: after a scrub, a second one finds what the first could not correct and nothing else. */
#include "skyrack/secded.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    size_t words = size / 9;
    uint8_t *data = malloc(8 * words + 1), *checks = malloc(words + 1);
    memcpy(data, input, 8 * words), memcpy(checks, input + 8 * words, words);
    struct sr_scrub_report first, second;
    sr_secded_scrub(data, words, checks, &first);
    sr_secded_scrub(data, words, checks, &second);
    if (second.corrected || second.uncorrectable != first.uncorrectable) abort();
    if (first.uncorrectable && first.first_uncorrectable != second.first_uncorrectable) abort();
    size_t third = 8 * words / 3;
    uint64_t dissents[3];
    sr_vote3(data, data + third, data + 2 * third, third, data, dissents);
    free(data), free(checks);
    return 0;
}
