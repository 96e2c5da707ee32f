#include "check.h"
#include "crc/ops.h"

/* The CRCs bit by bit, as the standards define them. */
static uint16_t crc16_bitwise(const uint8_t *octets, size_t size, uint16_t crc) {
    for (size_t bit = 0; bit < 8 * size; bit++) {
        int top = crc >> 15 ^ (octets[bit / 8] >> (7 - bit % 8) & 1);
        crc = (uint16_t)(crc << 1 ^ (top ? 0x1021 : 0));
    }
    return crc;
}

static uint32_t crc32c_bitwise(const uint8_t *octets, size_t size, uint32_t crc) {
    crc = ~crc;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        uint32_t low = (crc ^ octets[bit / 8] >> bit % 8) & 1;
        crc = crc >> 1 ^ (low ? 0x82F63B78 : 0);
    }
    return ~crc;
}

static void every_length(void) {
    enum { SIZE = 3000 };
    uint64_t seed = 1;
    uint8_t *octets = guarded(SIZE);
    fill(octets, SIZE, &seed);
    for (size_t length = 0; length <= SIZE; length++) { /* each ends at the guard page */
        const uint8_t *start = octets + SIZE - length;
        CHECK(sr_crc16(start, length, 0xFFFF) == crc16_bitwise(start, length, 0xFFFF));
        CHECK(sr_crc32c(start, length, 0x12345678) == crc32c_bitwise(start, length, 0x12345678));
    }
    release(octets, SIZE);
}

static void batches(void) {
    enum { STRIDE = 300, COUNT = 131 };
    uint64_t seed = 2;
    uint8_t *frames = guarded(STRIDE * COUNT);
    uint16_t short_crcs[COUNT];
    uint32_t long_crcs[COUNT];
    fill(frames, STRIDE * COUNT, &seed);
    for (size_t length = 0; length <= STRIDE; length += 13) {
        const uint8_t *first = frames + STRIDE - length;
        sr_crc16_batch(first, STRIDE, length, COUNT, short_crcs);
        sr_crc32c_batch(first, STRIDE, length, COUNT, long_crcs);
        for (size_t i = 0; i < COUNT; i++) {
            CHECK(short_crcs[i] == crc16_bitwise(first + i * STRIDE, length, 0xFFFF));
            CHECK(long_crcs[i] == crc32c_bitwise(first + i * STRIDE, length, 0));
        }
    }
    release(frames, STRIDE * COUNT);
}

static void ranges(void) {
    static const uint8_t OCTETS[] = "..123456789.";
    const int64_t offsets[] = {2, 0, 12}, lengths[] = {9, 0, 0}, too_long[] = {9, 0, 1}, before[] = {2, -1, 0};
    uint16_t out[3] = {7, 7, 7};
    CHECK(sr_crc16_ranges(OCTETS, 12, offsets, too_long, 3, out) == SR_BAD_ARGUMENT && out[0] == 7);
    CHECK(sr_crc16_ranges(OCTETS, 12, before, lengths, 3, out) == SR_BAD_ARGUMENT && out[0] == 7);
    CHECK(sr_crc16_ranges(OCTETS, 12, offsets, lengths, 3, out) == SR_OK);
    CHECK(out[0] == 0x29B1 && out[1] == 0xFFFF && out[2] == 0xFFFF);
}

/* The multipliers against their definition: powers of x, computed one after the other. Those of CRC-32C have their bits
 * in reverse. */
static void multipliers(void) {
    static const unsigned DISTANCE[CRC_AHEAD] = {48, 32, 16, 0, 64, 256};
    for (int i = 0; i < CRC_AHEAD; i++) {
        if (i == CRC_BY_0) continue;
        uint64_t low = 1, high = 1, before = 1, after = 1; /* x^n modulo the polynomials */
        for (unsigned n = 0; n < 8 * DISTANCE[i] + 64; n++) {
            high = high << 1 ^ (high >> 15 & 1 ? 0x11021 : 0);
            if (n + 1 < 8 * DISTANCE[i] + 64) after = after << 1 ^ (after >> 31 & 1 ? 0x11EDC6F41 : 0);
            if (n + 1 == 8 * DISTANCE[i]) low = high;
            if (n + 2 == 8 * DISTANCE[i]) before = after;
        }
        CHECK(crc16_code.ahead[i][0] == low && crc16_code.ahead[i][1] == high);
        for (int bit = 0; bit < 64; bit++) {
            CHECK((crc32c_code.ahead[i][0] >> (63 - bit) & 1) == (after >> bit & 1));
            CHECK((crc32c_code.ahead[i][1] >> (63 - bit) & 1) == (before >> bit & 1));
        }
    }
}

int main(void) {
    START();
    CHECK(sr_selftest_crc() == SR_OK);
    every_length();
    batches();
    ranges();
    multipliers();
    DONE();
}
