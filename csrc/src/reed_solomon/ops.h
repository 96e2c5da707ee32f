/* What the Reed-Solomon kernels share: the parameters of a code, a batch of codewords to be solved, and the functions
 * that each level has of its own. */
#ifndef SKYRACK_SRC_REED_SOLOMON_OPS_H
#define SKYRACK_SRC_REED_SOLOMON_OPS_H
#include "level.h"
#include "skyrack/reed_solomon.h"

/* For small functions that are to be compiled anew for each set of constant arguments. */
#define INLINE static inline __attribute__((always_inline))

enum { RS_LANES_MAX = 64, RS_ERRORS_MAX = 16, RS_PARITY_MAX = 2 * RS_ERRORS_MAX };
/* One vector more than there can be, since whole vectors may be stored. */
enum { RS_FIXES_MAX = RS_LANES_MAX * (RS_ERRORS_MAX + 1) };

/* The caller's parameters, checked, and what follows from them. */
struct rs_code {
    unsigned parity, errors; /* errors = parity / 2 can be corrected */
    unsigned interleave;
    unsigned fill;    /* symbols of a codeword that are not sent */
    unsigned symbols; /* data symbols of a codeword that are sent */
    unsigned basis;   /* 0 conventional, 1 dual */
};

/* Damaged codewords, one to each lane, and the errors found in them. */
struct rs_batch {
    unsigned waiting;                                    /* lanes in use */
    uint8_t remainders[RS_PARITY_MAX][2 * RS_LANES_MAX]; /* received parity minus the expected one, symbol by symbol */
    int8_t corrections[RS_LANES_MAX];                    /* errors found, or SR_RS_UNCORRECTABLE */
    /* What to correct: XOR `value` onto data symbol `position` (0..254, fill included) of the codeword in `lane`. The
     * value is a quotient: `value` holds the numerator until divide_fixes() has divided it by `denominator`. Not valid
     * for lanes that are uncorrectable. */
    size_t fixes;
    uint8_t lane[RS_FIXES_MAX], position[RS_FIXES_MAX], value[RS_FIXES_MAX], denominator[RS_FIXES_MAX];
};

/* The functions that each level has of its own. Those on blocks take at most RS_GROUP[interleave] of them. */
struct rs_ops {
    /* Write the parity (interleave * code->parity octets) of `count` blocks. */
    void (*parity)(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *parity,
                   size_t parity_stride, size_t count);
    /* Write the remainders of the damaged codewords among `count` blocks to the batch, from lane `waiting` on; the
     * caller adds to `waiting`. Returns which codewords they are: bit b * interleave + c for codeword c of block b. */
    uint64_t (*receive)(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch);
    /* Find the errors of the codewords in `lanes` lanes from lane `start` on. In the results these are lanes 0, 1,
     * ... */
    void (*solve)(const struct rs_code *code, struct rs_batch *batch, unsigned start);
    unsigned lanes;
    unsigned few; /* with fewer codewords than this it is faster to encode and receive them one by one */
};
extern const struct rs_ops rs_portable, rs_avx2, rs_avx512, rs_neon;

/* For each interleave, how many blocks are worked on together. Their codewords fill all of 64 lanes or nearly, as far
 * as the number of rows of a tile is a product of 2s and 3s; and their octets fit into a first-level cache. */
static const uint8_t RS_GROUP[9] = {0, 64, 32, 16, 16, 12, 8, 8, 8};
#endif
