#ifndef SKYRACK_SRC_CALIBRATE_OPS_H
#define SKYRACK_SRC_CALIBRATE_OPS_H
#include "level.h"
#include "skyrack/calibrate.h"

/* Calibrate one row of `cols` samples, an even number; the arguments are those of sr_calibrate_raw12. */
typedef void calibrate_row(const uint8_t *packed, size_t cols, const float *dark, const float *gain, uint16_t *out);

calibrate_row calibrate_row_portable, calibrate_row_avx2, calibrate_row_avx512;
#endif
