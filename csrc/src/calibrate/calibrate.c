#include "calibrate/ops.h"
#include <string.h>

static calibrate_row *const ROW[SR_LEVELS] = {
    [SR_PORTABLE] = calibrate_row_portable,
    SR_ON_X86([SR_AVX2] = calibrate_row_avx2, [SR_AVX512] = calibrate_row_avx512)};

size_t sr_raw12_row_octets(size_t cols) { return cols / 2 * 3; }

int sr_calibrate_raw12(const uint8_t *packed, size_t packed_stride, size_t rows, size_t cols, const float *dark,
                       const float *gain, size_t table_stride, uint16_t *out) {
    if (cols == 0 || cols % 2 || packed_stride < sr_raw12_row_octets(cols)) return SR_BAD_ARGUMENT;
    if (table_stride != 0 && table_stride < cols) return SR_BAD_ARGUMENT;
    calibrate_row *calibrate = SR_PICK(ROW);
    for (size_t row = 0; row < rows; row++, packed += packed_stride, dark += table_stride, gain += table_stride)
        calibrate(packed, cols, dark, gain, out + row * cols);
    return SR_OK;
}

enum { COLS = 70, BROKEN = 3 };

/* Samples and tables that reach results below 0 and above 65535, halves to be rounded, and NaN. */
int sr_selftest_calibrate(void) {
    uint8_t packed[COLS / 2 * 3];
    float dark[COLS], gain[COLS];
    uint16_t out[COLS], expected[COLS];
    for (int i = 0; i < COLS; i++) {
        int sample = 61 * i % 4096, above = sample - 1000;
        packed[i / 2 * 3 + i % 2] = (uint8_t)(sample >> 4);
        packed[i / 2 * 3 + 2] = (uint8_t)(i % 2 ? packed[i / 2 * 3 + 2] | (sample & 0xF) << 4 : sample & 0xF);
        dark[i] = 1000, gain[i] = i % 5 == 4 ? 50 : 1.5F;
        int value = i % 5 == 4 ? above * 50 : (above * 3 + 1) >> 1;
        expected[i] = (uint16_t)(above < 0 ? 0 : value < 65535 ? value : 65535);
    }
    gain[BROKEN] = __builtin_nanf(""), expected[BROKEN] = 0;
    if (sr_calibrate_raw12(packed, sizeof packed, 1, COLS, dark, gain, 0, out) != SR_OK) return SR_CORRUPT;
    return memcmp(out, expected, sizeof out) == 0 ? SR_OK : SR_CORRUPT;
}
