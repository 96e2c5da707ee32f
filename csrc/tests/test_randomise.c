#include "check.h"
#include "skyrack/randomise.h"

enum { SIZE = 40000, GAP = 5 }; /* octets: more than two periods of the longest sequence */

/* Bit by bit, with the register as the standards draw it: the lowest bit leaves, the sum of the tapped ones enters. */
static void sequence(int code, uint8_t *out, size_t size) {
    static const uint32_t TAPS[] = {0xA9, 0x4001, 0x5F}, START[] = {0xFF, 0x18E38, 0xFF};
    static const int DEGREE[] = {8, 17, 8};
    uint32_t bits = START[code];
    memset(out, 0, size);
    for (size_t i = 0; i < 8 * size; i++) {
        out[i / 8] |= (uint8_t)((bits & 1) << (7 - i % 8));
        bits = bits >> 1 | (uint32_t)__builtin_parity(bits & TAPS[code]) << (DEGREE[code] - 1);
    }
}

static void reference(int code, const uint8_t *wanted, size_t length) {
    uint8_t *frame = guarded(length);
    memset(frame, 0xA5, length);
    CHECK(sr_randomise(frame, 0, length, 1, code) == SR_OK);
    for (size_t i = 0; i < length; i++) CHECK(frame[i] == (wanted[i] ^ 0xA5));
    release(frame, length);
}

static void strided(int code, const uint8_t *wanted, size_t length) {
    const size_t stride = length + GAP, size = 3 * stride - GAP;
    uint8_t *frames = guarded(size);
    memset(frames, 0, size);
    CHECK(sr_randomise(frames, stride, length, 3, code) == SR_OK);
    for (size_t i = 0; i < size; i++) CHECK(frames[i] == (i % stride < length ? wanted[i % stride] : 0));
    release(frames, size);
}

int main(void) {
    static uint8_t wanted[SIZE];
    START();
    CHECK(sr_selftest_randomise() == SR_OK);
    for (int code = 0; code <= SR_RANDOMISE_TC; code++) {
        sequence(code, wanted, SIZE);
        for (size_t length = 0; length <= 300; length++) reference(code, wanted, length);
        reference(code, wanted, SIZE);
        strided(code, wanted, 0), strided(code, wanted, 1115), strided(code, wanted, 5000);
    }
    uint8_t frames[20] = {0};
    CHECK(sr_randomise(frames, 9, 10, 2, SR_RANDOMISE_TC) == SR_BAD_ARGUMENT);
    CHECK(sr_randomise(frames, 10, 10, 2, SR_RANDOMISE_TC + 1) == SR_BAD_ARGUMENT);
    CHECK(sr_randomise(frames, 10, 10, 2, -1) == SR_BAD_ARGUMENT && frames[0] == 0);
    DONE();
}
