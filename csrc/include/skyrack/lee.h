/* The Lee filter: speckle of radar images smoothed where they are flat and left where they are not (J.-S. Lee 1980). */
#ifndef SKYRACK_LEE_H
#define SKYRACK_LEE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Octets of scratch for an image of `cols` columns. */
size_t sr_lee7_scratch(size_t cols);

/* Filter with windows of 7 x 7; beyond the edge the image is mirrored, the outermost pixel repeated (c b a | a b c).
 * With mean m and variance v of a window (both over its pixels alone) the pixel x in its middle becomes
 *     m + v / (v + noise_variance) * (x - m),
 * computed in binary64 and rounded to binary32. Pixels that are not finite have no part in any window and come out as
 * the quiet NaN 0x7FC00000.
 *   in, out          rows x cols pixels, row after row without gaps; do not overlap
 *   noise_variance   of the speckle, in the square of the image's unit; finite, greater than 0
 *   scratch          sr_lee7_scratch(cols) octets
 * Returns SR_OK; SR_BAD_ARGUMENT for no rows, no columns or a variance out of range; SR_TOO_SMALL for less scratch.
 * Every level gives the same octets. */
int sr_lee7_f32(const float *in, size_t rows, size_t cols, double noise_variance, float *out, void *scratch,
                size_t scratch_size);

/* SR_OK if the level in use gives the stored answers (some microseconds), else SR_CORRUPT. */
int sr_selftest_lee(void);

#ifdef __cplusplus
}
#endif
#endif
