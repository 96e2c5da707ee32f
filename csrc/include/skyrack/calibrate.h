/* Raw frames to calibrated ones: 12-bit samples unpacked, dark signal taken off, gain applied. */
#ifndef SKYRACK_CALIBRATE_H
#define SKYRACK_CALIBRATE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Octets of a row of `cols` samples, an even number, as cameras pack them (MIPI CSI-2 RAW12; V4L2_PIX_FMT_SRGGB12P):
 * two samples in three octets, the first two octets with the upper 8 bits of one sample each, the third with their
 * lower 4 bits, those of the first sample in its bits 3..0 and those of the second in 7..4. */
size_t sr_raw12_row_octets(size_t cols);

/* out = round((sample - dark) * gain), for rows x cols samples.
 *   packed        rows of sr_raw12_row_octets(cols) octets, `packed_stride` octets (at least as many) apart
 *   dark, gain    tables with one number for each sample, their rows `table_stride` numbers apart: at least `cols`,
 *                 or 0 where one row of the table serves all rows of the frame, as for a line camera
 *   out           rows * cols calibrated samples, without gaps; does not overlap the inputs
 * All in binary32: the difference, the product, each rounded; what is below 0, or NaN, becomes 0, what is above 65535
 * becomes 65535; 0.5 is added and the fraction dropped. Every level gives the same octets.
 * Returns SR_OK, or SR_BAD_ARGUMENT for an odd or zero number of columns or a stride that is too small. */
int sr_calibrate_raw12(const uint8_t *packed, size_t packed_stride, size_t rows, size_t cols, const float *dark,
                       const float *gain, size_t table_stride, uint16_t *out);

/* SR_OK if the level in use gives the stored answers (a few microseconds), else SR_CORRUPT. */
int sr_selftest_calibrate(void);

#ifdef __cplusplus
}
#endif
#endif
