/* What the Reed-Solomon kernels share: the shape of a code, the batch that is solved at once, and a level's two functions. */
#ifndef SKYRACK_SRC_RS_CODE_H
#define SKYRACK_SRC_RS_CODE_H
#include "level.h"
#include "skyrack/reed_solomon.h"

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

/* Up to RS_LANES_MAX damaged codewords, one a lane. Lanes that hold no codeword have remainder 0. */
struct rs_batch {
    uint8_t remainders[RS_PARITY_MAX][RS_LANES_MAX]; /* in: received minus expected parity, symbol by symbol */
    int8_t corrections[RS_LANES_MAX];                /* out: errors found, or SR_RS_UNCORRECTABLE */
    /* out: symbol `position` (0..254) of the codeword in `lane` is wrong by `value`; void in lanes that are uncorrectable */
    size_t fixes;
    uint8_t lane[RS_FIXES_MAX], position[RS_FIXES_MAX], value[RS_FIXES_MAX], denominator[RS_FIXES_MAX];
};

struct rs_ops {
    /* The parity (interleave * code->parity octets) of `count` blocks. */
    void (*parity)(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *parity,
                   size_t parity_stride, size_t count);
    /* Locate and value the errors of a batch of `lanes` codewords. */
    void (*solve)(const struct rs_code *code, struct rs_batch *batch);
    unsigned lanes;
};
extern const struct rs_ops rs_portable, rs_avx2, rs_avx512, rs_neon;
#endif
