/* Neighbourhoods that are disks: mean and dilation, as masks of clouds are smoothed and given a margin.
 *
 * The disk of radius r about a pixel holds the pixels whose rows and columns differ by dy and dx with
 * dx^2 + dy^2 <= r^2; beyond the edge the image is mirrored, the outermost pixel repeated (c b a | a b c). Images are
 * rows x cols, row after row without gaps; inputs and outputs do not overlap. Functions return SR_OK; SR_BAD_ARGUMENT
 * for no rows, no columns, or a radius beyond SR_DISK_RADIUS_MAX; SR_TOO_SMALL for less than sr_disk_scratch(cols,
 * radius) octets of scratch. Every level gives the same octets. */
#ifndef SKYRACK_DISK_H
#define SKYRACK_DISK_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_DISK_RADIUS_MAX = 64 };

/* Octets of scratch that an image of `cols` columns needs. */
size_t sr_disk_scratch(size_t cols, unsigned radius);

/* Mean over the disk: summed in binary64, multiplied by the reciprocal of the number of pixels, rounded to binary32.
 * A pixel that is not finite makes every mean that it has part in infinite or NaN, and NaN is always 0x7FC00000. */
int sr_disk_mean_f32(const float *in, size_t rows, size_t cols, unsigned radius, float *out, void *scratch,
                     size_t scratch_size);

/* Dilation: out = 1 where any pixel of the disk is not 0, else 0. (The mirror adds nothing here: what is seen in it
 * lies in the image no farther away.) */
int sr_disk_dilate_u8(const uint8_t *mask, size_t rows, size_t cols, unsigned radius, uint8_t *out, void *scratch,
                      size_t scratch_size);

/* SR_OK if the level in use gives the stored answers (some microseconds), else SR_CORRUPT. */
int sr_selftest_disk(void);

#ifdef __cplusplus
}
#endif
#endif
