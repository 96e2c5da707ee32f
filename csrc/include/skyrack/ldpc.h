/* Low-density parity-check codes of telecommand (CCSDS 231.0-B-4 §4) and telemetry (131.0-B-5 §7): encoder, soft
 * decoder.
 *
 * All codes are systematic: a codeword is its data followed by parity. Bits are packed eight to an octet, the first one
 * in the most significant bit. A soft symbol is an octet: 0 a certain 0, 255 a certain 1, 128 nothing known. The marker
 * and the randomiser are the caller's. */
#ifndef SKYRACK_LDPC_H
#define SKYRACK_LDPC_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum sr_ldpc_code {
    SR_LDPC_TC_128 = 0,         /* (128, 64) */
    SR_LDPC_TC_512 = 1,         /* (512, 256) */
    SR_LDPC_C2 = 2,             /* (8160, 7136), as sent: (8176, 7154) without 18 zeros, with two bits of fill */
    SR_LDPC_AR4JA_1_2_1024 = 3, /* rate 1/2, 1024 bits of data: (2048, 1024) */
    SR_LDPC_AR4JA_1_2_4096 = 4,
    SR_LDPC_AR4JA_1_2_16384 = 5,
    SR_LDPC_AR4JA_2_3_1024 = 6, /* (1536, 1024) */
    SR_LDPC_AR4JA_2_3_4096 = 7,
    SR_LDPC_AR4JA_2_3_16384 = 8,
    SR_LDPC_AR4JA_4_5_1024 = 9, /* (1280, 1024) */
    SR_LDPC_AR4JA_4_5_4096 = 10,
    SR_LDPC_AR4JA_4_5_16384 = 11,
    SR_LDPC_CODES = 12
};
enum { SR_LDPC_NOT_CONVERGED = -1, SR_LDPC_ITERATIONS_MAX = 127 };

/* Octets of the data and of the whole codeword, which has eight soft symbols to an octet; 0 for an unknown code. */
size_t sr_ldpc_data_size(int code);
size_t sr_ldpc_codeword_size(int code);

/* Encode `count` blocks of data.
 *   data       block b's stands at data + b * data_stride
 *   codewords  codeword b goes to codewords + b * codeword_stride; apart from the data
 * Returns SR_OK, or SR_BAD_ARGUMENT for an unknown code or strides shorter than what they hold. */
int sr_ldpc_encode(int code, const uint8_t *data, size_t data_stride, uint8_t *codewords, size_t codeword_stride,
                   size_t count);

/* Octets of scratch for sr_ldpc_decode on the level in use: 64 frames at work on AVX-512, 32 on AVX2, else 16, all
 * their symbols and messages; 0.04 to 11 MB. 0 for an unknown code. */
size_t sr_ldpc_scratch(int code);

/* Decode `count` codewords by layered normalised min-sum, until all checks hold or for `iterations_max` iterations.
 *   soft        symbol s of codeword b at soft[b * soft_stride + s]; distances from 128 are rounded to 40 steps. No
 *               noise level is needed; symbols that lie 32 to 64 from 128 on average suit best
 *   data        data of codeword b goes to data + b * data_stride: the decisions reached, right or not
 *   iterations  `count`; how many codeword b took, or SR_LDPC_NOT_CONVERGED. A bit on which nothing is known at the end
 *               is a check that does not hold
 * A codeword's answer depends on nothing but its own symbols; all levels decide alike. Single codewords cost as much as
 * a batch of as many as are at work at a time; slow ones do not hold up the others.
 * Returns SR_OK whatever was received; SR_BAD_ARGUMENT for an unknown code, iterations_max outside
 * 0..SR_LDPC_ITERATIONS_MAX or strides shorter than what they hold; SR_TOO_SMALL for the scratch. */
int sr_ldpc_decode(int code, const uint8_t *soft, size_t soft_stride, size_t count, int iterations_max, uint8_t *data,
                   size_t data_stride, int8_t *iterations, void *scratch, size_t scratch_size);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_ldpc(void);

#ifdef __cplusplus
}
#endif
#endif
