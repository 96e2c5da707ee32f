/* What the Reed-Solomon kernels share: the shape of a code, the batch that is solved at once, what a level brings. */
#ifndef SKYRACK_SRC_REED_SOLOMON_OPS_H
#define SKYRACK_SRC_REED_SOLOMON_OPS_H
#include "level.h"
#include "skyrack/reed_solomon.h"

/* For small functions whose constant arguments must meet their loops. */
#define INLINE static inline __attribute__((always_inline))

enum { RS_LANES_MAX = 64, RS_ERRORS_MAX = 16, RS_PARITY_MAX = 2 * RS_ERRORS_MAX };
enum { RS_FIXES_MAX = RS_LANES_MAX * (RS_ERRORS_MAX + 1) }; /* a vector more than can be: stores may be whole vectors */

/* Checked parameters. */
struct rs_code {
    unsigned parity, errors; /* errors = parity / 2 can be corrected */
    unsigned interleave;
    unsigned fill;    /* symbols of a codeword that are not sent */
    unsigned symbols; /* data symbols of a codeword that are sent */
    unsigned basis;   /* 0 conventional, 1 dual */
};

/* Damaged codewords, one a lane, and what is found to be wrong with them. */
struct rs_batch {
    unsigned waiting;                                    /* lanes in use */
    uint8_t remainders[RS_PARITY_MAX][2 * RS_LANES_MAX]; /* received parity minus the expected one, symbol by symbol */
    int8_t corrections[RS_LANES_MAX];                    /* errors found, or SR_RS_UNCORRECTABLE */
    /* Data symbol `position` (0..254, fill included) of the codeword in `lane` is wrong by `value`, the quotient of a
     * numerator, which stands in its place until it is divided, and the denominator. Void in uncorrectable lanes. */
    size_t fixes;
    uint8_t lane[RS_FIXES_MAX], position[RS_FIXES_MAX], value[RS_FIXES_MAX], denominator[RS_FIXES_MAX];
};

/* What a level does its own way. Functions on blocks take at most RS_GROUP[interleave] of them. */
struct rs_ops {
    /* Write the parity (interleave * code->parity octets) of `count` blocks. */
    void (*parity)(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *parity,
                   size_t parity_stride, size_t count);
    /* Append the remainders of the damaged codewords among `count` blocks to the batch, from lane `waiting` on, which
     * is left as it was. Returns which they are: bit b * interleave + c for codeword c of block b. */
    uint64_t (*receive)(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch);
    /* Locate and value the errors of the codewords in `lanes` lanes from `start` on; results are numbered from 0. */
    void (*solve)(const struct rs_code *code, struct rs_batch *batch, unsigned start);
    unsigned lanes;
    unsigned few; /* fewer codewords than this are encoded and received sooner one by one */
};
extern const struct rs_ops rs_portable, rs_avx2, rs_avx512, rs_neon;

/* By interleave: blocks that are worked on together. Their codewords fill 64 lanes, or nearly, where that many rows of
 * a tile are a product of 2s and 3s; and their octets fit a first-level cache. */
static const uint8_t RS_GROUP[9] = {0, 64, 32, 16, 16, 12, 8, 8, 8};
#endif
