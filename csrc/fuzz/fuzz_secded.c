/* Arbitrary memory and checks, on every level: after a scrub, a second one finds what the first could not correct and
 * nothing else; a vote gives each bit's majority and blames who dissents. */
#include "fuzz.h"
#include "skyrack/secded.h"

static void scrub(const uint8_t *input, size_t words) {
    uint8_t *data = owned(input, 8 * words), *checks = owned(input + 8 * words, words);
    struct sr_scrub_report first, second;
    sr_secded_scrub(data, words, checks, &first);
    sr_secded_scrub(data, words, checks, &second);
    REQUIRE(second.corrected == 0 && second.uncorrectable == first.uncorrectable);
    REQUIRE(!first.uncorrectable || first.first_uncorrectable == second.first_uncorrectable);
    free(data), free(checks);
}

static void vote(const uint8_t *input, size_t size) {
    uint8_t *copies[3], *voted = owned(NULL, size);
    uint64_t dissents[3], counted[3] = {0};
    for (int i = 0; i < 3; i++) copies[i] = owned(input + i * size, size);
    sr_vote3(copies[0], copies[1], copies[2], size, voted, dissents);
    for (size_t k = 0; k < size; k++) {
        const uint8_t a = copies[0][k], b = copies[1][k], c = copies[2][k];
        REQUIRE(voted[k] == ((a & b) | (b & c) | (a & c)));
        for (int i = 0; i < 3; i++) counted[i] += copies[i][k] != voted[k];
    }
    REQUIRE(memcmp(dissents, counted, sizeof counted) == 0);
    for (int i = 0; i < 3; i++) free(copies[i]);
    free(voted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ON_EACH_LEVEL(level) scrub(data, size / 9), vote(data, size / 3);
    return 0;
}
