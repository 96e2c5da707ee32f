/* Calibration in memory that ends at unreadable pages, against the formula of the header, one sample at a time. */
#include "check.h"
#include "skyrack/calibrate.h"

static unsigned sample_at(const uint8_t *row, size_t col) {
    const uint8_t *three = row + col / 2 * 3;
    return col % 2 ? three[1] * 16U + three[2] / 16 : three[0] * 16U + three[2] % 16;
}

static uint16_t expected(unsigned sample, float dark, float gain) {
    float value = ((float)sample - dark) * gain;
    if (!(value > 0)) return 0;
    /* NOLINTNEXTLINE(bugprone-incorrect-roundings): the contract adds 0.5 and drops the fraction */
    return value < 65535 ? (uint16_t)(value + 0.5F) : 65535;
}

static void tables(float *dark, float *gain, size_t count, uint64_t *state) {
    for (size_t i = 0; i < count; i++) {
        dark[i] = (float)(draw(state) >> 53) / 2, gain[i] = (float)(draw(state) >> 58) / 2;
        if (draw(state) >> 60 == 0) gain[i] = __builtin_nanf("");
        if (draw(state) >> 60 == 0) gain[i] = -gain[i];
    }
}

static void frame(size_t rows, size_t cols, size_t padding, int per_sample, uint64_t *state) {
    size_t octets = sr_raw12_row_octets(cols), stride = octets + padding, size = stride * (rows - 1) + octets;
    size_t table_stride = per_sample ? cols : 0, numbers = per_sample ? rows * cols : cols;
    uint8_t *packed = guarded(size);
    float *dark = (float *)guarded(4 * numbers), *gain = (float *)guarded(4 * numbers);
    uint16_t *out = (uint16_t *)guarded(2 * rows * cols);
    fill(packed, size, state), tables(dark, gain, numbers, state);
    CHECK(sr_calibrate_raw12(packed, stride, rows, cols, dark, gain, table_stride, out) == SR_OK);
    for (size_t i = 0; i < rows * cols; i++) {
        size_t row = i / cols, col = i % cols, entry = row * table_stride + col;
        CHECK(out[i] == expected(sample_at(packed + row * stride, col), dark[entry], gain[entry]));
    }
    release(packed, size), release((uint8_t *)dark, 4 * numbers), release((uint8_t *)gain, 4 * numbers);
    release((uint8_t *)out, 2 * rows * cols);
}

int main(void) {
    START();
    uint64_t state = 3;
    uint8_t packed[6] = {0};
    float table[4] = {0};
    uint16_t out[4];
    for (size_t cols = 2; cols <= 140; cols += 2) frame(3, cols, cols % 3, cols % 4 == 0, &state);
    frame(2, 2000, 5, 1, &state);
    CHECK(sr_calibrate_raw12(packed, 6, 1, 3, table, table, 0, out) == SR_BAD_ARGUMENT);
    CHECK(sr_calibrate_raw12(packed, 6, 1, 0, table, table, 0, out) == SR_BAD_ARGUMENT);
    CHECK(sr_calibrate_raw12(packed, 5, 1, 4, table, table, 0, out) == SR_BAD_ARGUMENT);
    CHECK(sr_calibrate_raw12(packed, 6, 1, 4, table, table, 3, out) == SR_BAD_ARGUMENT);
    CHECK(sr_selftest_calibrate() == SR_OK);
    DONE();
}
