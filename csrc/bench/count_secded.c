#include "count.h"
#include "skyrack/secded.h"

enum { WORDS = 4096 };
static uint8_t data[WORDS * 8], copy[WORDS * 8], third[WORDS * 8], checks[WORDS];

int main(void) {
    struct sr_scrub_report report;
    uint64_t dissents[3];
    fill(data, sizeof data);
    COUNT("encode 32 KiB", sr_secded_encode(data, WORDS, checks));
    COUNT("scrub 32 KiB", sr_secded_scrub(data, WORDS, checks, &report));
    for (size_t i = 0; i < WORDS; i += 512) data[i * 8] ^= 1;
    COUNT("scrub 32 KiB with upsets", sr_secded_scrub(data, WORDS, checks, &report));
    memcpy(copy, data, sizeof data), memcpy(third, data, sizeof data);
    COUNT("vote 32 KiB", sr_vote3(data, copy, third, sizeof data, third, dissents));
    return 0;
}
