/* From two bands to an answer: water index, mask, clean-up, components, outlines, runs.
 *
 * Images are rows x cols, row after row without gaps, each side 1..SR_IMAGE_SIDE_MAX. A mask has one octet a pixel: 0
 * is land, anything else is water; masks that come out hold 0 and 1 only. Neighbours are the four that share an edge,
 * unless said. Corners are the points of the lattice between pixels: x = 0..cols to the right, y = 0..rows downward;
 * pixel (row, col) has its upper-left corner at (x, y) = (col, row). Inputs and outputs do not overlap. Arrays
 * of wider numbers are aligned as C wants them; octets and scratch lie anywhere.
 *
 * Every function returns SR_OK, or SR_BAD_ARGUMENT for a side or parameter outside its range; further codes are named.
 * Outputs are valid on SR_OK only. */
#ifndef SKYRACK_IMAGE_H
#define SKYRACK_IMAGE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_IMAGE_SIDE_MAX = 16383 }; /* so that 28 bits number every pixel */

/* Normalised difference of two bands: out[i] = (a[i] - b[i]) / (a[i] + b[i]), i < count.
 * The exact quotient rounded once to IEEE binary32 (difference and sum are exact); where both are 0, the quiet NaN
 * 0x7FC00000. Green and SWIR-1 give the MNDWI (Xu 2006), NIR and red the NDVI. */
int sr_normalised_difference_u8(const uint8_t *a, const uint8_t *b, size_t count, float *out);
int sr_normalised_difference_u16(const uint16_t *a, const uint16_t *b, size_t count, float *out);

/* Water: mask[i] = 1 where the MNDWI above, a binary32, is greater than `threshold` (-1..1), else 0; 0/0 is not
 * water. */
int sr_mndwi_mask_u8(const uint8_t *green, const uint8_t *swir1, size_t count, float threshold, uint8_t *mask);
int sr_mndwi_mask_u16(const uint16_t *green, const uint16_t *swir1, size_t count, float threshold, uint8_t *mask);

/* Octets of scratch that always suffice for the functions below that take some. Less is legal: what a mask needs
 * grows with its number of runs, and SR_TOO_SMALL says that it did not fit. */
size_t sr_mask_scratch_bound(size_t rows, size_t cols);

/* Clean a mask, in this order:
 *   1. majority: a pixel becomes water where at least 5 of the 9 pixels of its 3 x 3 neighbourhood are; pixels beyond
 *      the image's edge repeat the nearest one inside;
 *   2. every component of water of fewer than `smallest_px` pixels becomes land;
 *   3. every component of land of fewer than `smallest_px` pixels that touches no edge of the image becomes water.
 * `smallest_px` >= 1. Every component of water in `out` then has at least `smallest_px` pixels. */
int sr_mask_clean(const uint8_t *mask, size_t rows, size_t cols, uint32_t smallest_px, uint8_t *out, void *scratch,
                  size_t scratch_size);

/* Components of water, numbered 1, 2, ... in raster order of their first pixels.
 *   labels    rows * cols numbers, 0 for land
 *   areas     pixels of component i + 1 at [i]
 *   boxes     its first row, first column, last row + 1, last column + 1 at [4 * i] onward
 *   capacity  components that `areas` and `boxes` have room for; (rows * cols + 1) / 2 always suffices
 * Returns SR_TOO_SMALL where capacity or scratch do not suffice. */
int sr_mask_components(const uint8_t *mask, size_t rows, size_t cols, int32_t *labels, int32_t *areas, int32_t *boxes,
                       size_t capacity, size_t *components, void *scratch, size_t scratch_size);

/* Outlines: the exact borders of the components as chain codes.
 *
 * One polygon a component, in the order of their numbers: the exterior ring, then the rings of its holes in raster
 * order of their starts. A ring runs along pixel edges with water on its left as one sees the picture (y downward):
 * exteriors anticlockwise, holes clockwise, which is the winding of RFC 7946 section 3.1.6 once y is turned to point
 * north. At a corner where water meets water only across, as on a chequer-board, a ring turns left, about the one
 * pixel, where the other belongs to another component, and right, about the land, where it belongs to its own. So no
 * ring visits a corner twice, rings of a polygon meet in single corners at most, and it is valid in the sense of OGC
 * simple features. Rasterising by even-odd gives the mask back.
 *
 *   outlines = polygons:varint, polygon*
 *   polygon  = exterior:ring, hole:ring*, 0
 *   ring     = start:varint, turns
 *   varint   = LEB128: 7 bits an octet, least significant first, 0x80 set on all but the last; no longer than needed
 *   start    = number (row * cols + col) of the pixel whose upper-left corner the ring starts from: the first pixel of
 *              the component, or the hole's first pixel below an edge of the ring. Less the start of the exterior
 *              before, or, for a hole, of the ring before it in the polygon; the first exterior's as it is. All others
 *              are 1 or more.
 *   turns    = bits, most significant first, zero bits up to the octet's end. An exterior goes one edge down first, a
 *              hole one edge right; then at every corner 0 straight on, 10 left, 11 right, and one edge more, until the
 *              ring is back at its start. The turn there, left for an exterior and right for a hole, is not written.
 *
 * Octets that always suffice: */
size_t sr_mask_outlines_bound(size_t rows, size_t cols);

/* Returns SR_TOO_SMALL where out_size or scratch do not suffice. */
int sr_mask_outlines_encode(const uint8_t *mask, size_t rows, size_t cols, uint8_t *out, size_t out_size,
                            size_t *out_used, void *scratch, size_t scratch_size);

/* Outlines to rings of corners; only corners where the ring turns, the first one not repeated at the end.
 *   corners       x, y, x, y, ...; room for 4 * size corners (8 * size numbers)
 *   ring_ends     ring i has the corners from ring_ends[i - 1] (0 for i = 0) up to ring_ends[i]; room for size
 *   polygon_ends  polygon i has the rings from polygon_ends[i - 1] up to polygon_ends[i], the exterior first; room for
 *                 size
 *   polygons      how many
 * Any octets are legal: SR_CORRUPT where they are no outlines of an image of this size, as far as single rings show:
 * each stays on the lattice, closes, turns once round in its direction, and nothing follows the last. */
int sr_mask_outlines_decode(const uint8_t *octets, size_t size, size_t rows, size_t cols, int32_t *corners,
                            uint32_t *ring_ends, uint32_t *polygon_ends, size_t *polygons);

/* Fill rings by even-odd: a pixel is water where a ray from its centre to the left crosses an odd number of edges.
 * `rings` rings in the form that sr_mask_outlines_decode gives; their edges run along rows or columns, their corners
 * lie on the lattice, else SR_BAD_ARGUMENT. */
int sr_mask_rasterise(const int32_t *corners, const uint32_t *ring_ends, size_t rings, size_t rows, size_t cols,
                      uint8_t *mask);

/* Runs: lengths of the stretches of equal pixels in raster order, across row ends, land and water by turns, as
 * varints (above). The first is land and may be 0, no other may; their sum is `count`, 1..SR_IMAGE_SIDE_MAX squared.
 * Octets that always suffice: */
size_t sr_mask_runs_bound(size_t count);

/* Returns SR_TOO_SMALL where out_size does not suffice. */
int sr_mask_runs_encode(const uint8_t *mask, size_t count, uint8_t *out, size_t out_size, size_t *out_used);

/* Any octets are legal: SR_CORRUPT where they are no runs of `count` pixels. */
int sr_mask_runs_decode(const uint8_t *octets, size_t size, size_t count, uint8_t *mask);

/* SR_OK if the level in use gives the stored answers on a small scene (about 0.1 ms), else SR_CORRUPT. */
int sr_selftest_image(void);

#ifdef __cplusplus
}
#endif
#endif
