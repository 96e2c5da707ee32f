#include "check.h"
#include "skyrack/secded.h"

static uint8_t rotated(unsigned value, unsigned by) { return (uint8_t)(value << by | value >> (8 - by)); }

static uint8_t check_by_definition(const uint8_t *word) {
    static const uint8_t SEED[8] = {0x07, 0x0B, 0x0D, 0x13, 0x15, 0x19, 0x25, 0x1F};
    uint8_t check = 0;
    for (unsigned bit = 0; bit < 64; bit++)
        if (word[bit / 8] >> bit % 8 & 1) check ^= rotated(SEED[bit / 8], bit % 8);
    return check;
}

static void flip(uint8_t *word, uint8_t *check, unsigned bit) {
    if (bit < 64) word[bit / 8] ^= (uint8_t)(1 << bit % 8);
    else *check ^= (uint8_t)(1 << (bit - 64));
}

/* Every single error is corrected, every double one is noticed and left as it is. */
static void every_error_of_one_and_two_bits(void) {
    uint8_t word[8] = {0xDE, 0xAD, 0xBE, 0xEF, 0x01, 0x23, 0x45, 0x67}, check, bad[8], bad_check;
    struct sr_scrub_report report;
    sr_secded_encode(word, 1, &check);
    for (unsigned i = 0; i < 72; i++) {
        memcpy(bad, word, 8), bad_check = check, flip(bad, &bad_check, i);
        sr_secded_scrub(bad, 1, &bad_check, &report);
        CHECK(report.corrected == 1 && !report.uncorrectable && !memcmp(bad, word, 8) && bad_check == check);
        for (unsigned j = 0; j < i; j++) {
            uint8_t twice[8], twice_check = check;
            memcpy(twice, word, 8), flip(twice, &twice_check, i), flip(twice, &twice_check, j);
            memcpy(bad, twice, 8), bad_check = twice_check;
            sr_secded_scrub(bad, 1, &bad_check, &report);
            CHECK(!report.corrected && report.uncorrectable == 1 && !memcmp(bad, twice, 8) && bad_check == twice_check);
        }
    }
}

static void every_size(void) {
    enum { WORDS = 1100 };
    uint64_t seed = 3;
    uint8_t *data = guarded(8 * WORDS), *checks = guarded(WORDS);
    fill(data, 8 * WORDS, &seed);
    for (size_t words = 0; words <= 140; words++) {
        uint8_t *start = data + 8 * (WORDS - words), *end = checks + WORDS - words;
        sr_secded_encode(start, words, end);
        for (size_t i = 0; i < words; i++) CHECK(end[i] == check_by_definition(start + 8 * i));
    }
    struct sr_scrub_report report;
    sr_secded_encode(data, WORDS, checks);
    data[8 * 1050 + 3] ^= 4, data[8 * 20] ^= 0x11, data[8 * 600] ^= 0x81, checks[512] ^= 1;
    sr_secded_scrub(data, WORDS, checks, &report);
    CHECK(report.corrected == 2 && report.uncorrectable == 2 && report.first_uncorrectable == 20);
    release(data, 8 * WORDS), release(checks, WORDS);
}

static void votes(void) {
    enum { SIZE = 700 };
    uint64_t seed = 4, dissents[3];
    uint8_t *copies[3], truth[SIZE];
    fill(truth, SIZE, &seed);
    for (int i = 0; i < 3; i++) copies[i] = guarded(SIZE);
    for (size_t size = 0; size <= SIZE; size += 7) {
        uint64_t expected[3] = {0};
        for (int i = 0; i < 3; i++) memcpy(copies[i] + SIZE - size, truth, size);
        for (size_t at = 0; at < size; at += 1 + draw(&seed) % 5) {
            unsigned copy = draw(&seed) % 3;
            copies[copy][SIZE - size + at] ^= (uint8_t)(1 + draw(&seed) % 255), expected[copy]++;
        }
        uint8_t *out = copies[size % 3] + SIZE - size; /* in place, in each of the three by turns */
        sr_vote3(copies[0] + SIZE - size, copies[1] + SIZE - size, copies[2] + SIZE - size, size, out, dissents);
        CHECK(memcmp(out, truth, size) == 0 && memcmp(dissents, expected, sizeof expected) == 0);
    }
    for (int i = 0; i < 3; i++) release(copies[i], SIZE);
}

int main(void) {
    START();
    every_error_of_one_and_two_bits();
    every_size();
    votes();
    CHECK(sr_selftest_secded() == SR_OK);
    DONE();
}
