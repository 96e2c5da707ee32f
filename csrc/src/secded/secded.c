#include "secded/ops.h"

static const struct secded_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &secded_portable,
    SR_ON_X86([SR_AVX2] = &secded_avx2, [SR_AVX512] = &secded_avx512) SR_ON_ARM([SR_NEON] = &secded_neon)};

enum { PORTION = 512 }; /* words whose checks are computed at a time: they stay in the first-level cache */

void sr_secded_encode(const uint8_t *data, size_t words, uint8_t *checks) {
    SR_PICK(TABLES)->encode(data, words, checks);
}

/* Correct the bit whose column equals the syndrome. Returns 0 where there is no such column. */
static int correct(uint8_t syndrome, uint8_t *word, uint8_t *check) {
#define ITSELF(seed) seed
    static const uint8_t SEED[8] = SECDED_SEEDS(ITSELF);
    if ((syndrome & (syndrome - 1)) == 0) return *check ^= syndrome, 1;
    for (int octet = 0; octet < 8; octet++)
        for (int bit = 0; bit < 8; bit++)
            if (SECDED_COLUMN(SEED[octet], bit) == syndrome) return word[octet] ^= (uint8_t)(1 << bit), 1;
    return 0;
}

static void scrub_word(uint8_t syndrome, size_t number, uint8_t *word, uint8_t *check, struct sr_scrub_report *report) {
    if (correct(syndrome, word, check)) {
        report->corrected++;
    } else if (!report->uncorrectable++) {
        report->first_uncorrectable = number;
    }
}

void sr_secded_scrub(uint8_t *data, size_t words, uint8_t *checks, struct sr_scrub_report *report) {
    const struct secded_ops *ops = SR_PICK(TABLES);
    *report = (struct sr_scrub_report){0};
    for (size_t done = 0; done < words; done += PORTION) {
        size_t portion = words - done < PORTION ? words - done : PORTION;
        uint8_t computed[PORTION];
        ops->encode(data + 8 * done, portion, computed);
        if (memcmp(computed, checks + done, portion) == 0) continue;
        for (size_t i = 0; i < portion; i++) {
            uint8_t syndrome = computed[i] ^ checks[done + i];
            if (syndrome) scrub_word(syndrome, done + i, data + 8 * (done + i), checks + done + i, report);
        }
    }
}

void sr_vote3(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t size, uint8_t *out, uint64_t dissents[3]) {
    SR_PICK(TABLES)->vote3(a, b, c, size, out, dissents);
}

int sr_selftest_secded(void) {
    uint8_t data[8 * 67], checks[67], copies[3][sizeof data]; /* long enough for the widest code and a rest */
    struct sr_scrub_report report;
    uint64_t dissents[3];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 + i / 64);
    for (int i = 0; i < 3; i++) memcpy(copies[i], data, sizeof data);
    sr_secded_encode(data, 67, checks);
    if (checks[0] != 0x0F || checks[66] != 0x32) return SR_CORRUPT;
    data[100] ^= 0x20, data[300] ^= 0x03, checks[40] ^= 0x80;
    sr_secded_scrub(data, 67, checks, &report);
    if (report.corrected != 2 || report.uncorrectable != 1 || report.first_uncorrectable != 300 / 8) return SR_CORRUPT;
    copies[0][5] ^= 0xFF, copies[1][500] ^= 1, copies[2][77] ^= 0x10;
    sr_vote3(copies[0], copies[1], copies[2], sizeof data, copies[0], dissents);
    if (dissents[0] != 1 || dissents[1] != 1 || dissents[2] != 1) return SR_CORRUPT;
    data[300] ^= 0x03;
    return memcmp(copies[0], data, sizeof data) == 0 ? SR_OK : SR_CORRUPT;
}
