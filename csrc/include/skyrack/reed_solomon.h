/* Reed-Solomon coding of transfer frames (CCSDS 131.0-B, section 4): RS(255,223) and RS(255,239) over GF(256).
 *
 * Field x^8+x^7+x^2+x+1, generator roots alpha^(11 j) for j = 128-E .. 127+E; E = parity / 2 errors are corrected.
 * A block interleaves `interleave` codewords octet by octet: octet k of its data, and octet k of its parity, belong to
 * codeword k % interleave. `virtual_fill` octets of zero stand before each codeword's data and are not in the block.
 *
 *     block:  data, interleave * (255 - parity - virtual_fill) octets | parity, interleave * parity octets
 *
 * Nothing here allocates or locks; every level gives the same octets. */
#ifndef SKYRACK_REED_SOLOMON_H
#define SKYRACK_REED_SOLOMON_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

struct sr_rs_params {
    uint32_t parity;       /* check symbols of a codeword: 32 or 16 */
    uint32_t interleave;   /* codewords of a block: 1..8 */
    uint32_t virtual_fill; /* octets of a codeword that are known to be zero: 0..254-parity */
    uint32_t dual_basis;   /* 1: symbols in Berlekamp's dual basis, as CCSDS sends them; 0: conventional */
};

enum sr_rs_correction { SR_RS_UNCORRECTABLE = -1 };

/* Octets of one block without and with its parity; 0 if the parameters are outside their ranges. */
size_t sr_rs_data_size(const struct sr_rs_params *params);
size_t sr_rs_block_size(const struct sr_rs_params *params);

/* Encode `count` blocks.
 *   data    block b's data stands at data + b * data_stride
 *   blocks  block b goes to blocks + b * block_stride; the same memory as `data` if the strides are equal, else apart
 * Returns SR_OK, or SR_BAD_ARGUMENT for wrong parameters or strides shorter than what they hold. */
int sr_rs_encode(const struct sr_rs_params *params, const uint8_t *data, size_t data_stride, uint8_t *blocks,
                 size_t block_stride, size_t count);

/* Decode `count` blocks, correcting up to parity / 2 wrong symbols in every codeword.
 *   blocks       block b stands at blocks + b * block_stride
 *   data         block b's data goes to data + b * data_stride; the same memory as `blocks` if the strides are equal,
 *                else apart
 *   corrections  count * interleave; symbols corrected in codeword c of block b at [b * interleave + c], its parity
 *                included, or SR_RS_UNCORRECTABLE: then the data of that codeword is left as received
 * Returns SR_OK whatever was received, or SR_BAD_ARGUMENT as above. */
int sr_rs_decode(const struct sr_rs_params *params, const uint8_t *blocks, size_t block_stride, uint8_t *data,
                 size_t data_stride, size_t count, int8_t *corrections);

/* Self-test of the level in use: encode and decode stored vectors; takes a few microseconds. Returns SR_OK or
 * SR_CORRUPT. */
int sr_selftest_reed_solomon(void);

#ifdef __cplusplus
}
#endif
#endif
