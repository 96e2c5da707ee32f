/* A code as circulants, and what the levels of its decoder share. */
#ifndef SKYRACK_SRC_LDPC_OPS_H
#define SKYRACK_SRC_LDPC_OPS_H
#include "level.h"
#include "skyrack/ldpc.h"

/* One circulant of the parity checks: check i of its row looks at bit (i + shift) % size of its column. */
struct ldpc_edge {
    uint16_t column, shift;
};

enum { LDPC_DEGREE_MAX = 32, LDPC_COLUMNS_MAX = 44, LDPC_SIZE_MAX = 2048 };

struct ldpc_code {
    uint16_t size;                 /* rows and columns of a circulant */
    uint16_t columns, rows;        /* the parity check matrix in circulants */
    uint16_t edge_count;           /* circulants that are not zero */
    uint16_t shortened;            /* leading bits that are 0 and not sent */
    uint16_t data_bits, sent_bits; /* in a codeword as it is sent */
    const uint8_t *degrees;        /* circulants of each row */
    const struct ldpc_edge *edges; /* of row 0, then of row 1, ... */
    /* Dense circulants of the encoder, each by its row of bit 0 in whole words, the first bit in the most significant
     * place, ordered by the column that they multiply: parity from data (TC, C2), or the inverse that dense_ar4ja in
     * make_tables.py explains. */
    const uint64_t *dense;
};
extern const struct ldpc_code ldpc_codes[SR_LDPC_CODES];

/* Bits of a codeword, those that are not sent included. */
static inline size_t ldpc_bits(const struct ldpc_code *code) { return (size_t)code->columns * code->size; }

enum { LDPC_ALIGN = 64 };

/* Octets of scratch for decoding `lanes` frames at a time: beliefs, messages, and decisions packed. */
static inline size_t ldpc_scratch(const struct ldpc_code *code, size_t lanes) {
    return (ldpc_bits(code) + (size_t)code->edge_count * code->size + code->data_bits / 8U) * lanes;
}

void ldpc_encode(const struct ldpc_code *code, const uint8_t *data, uint8_t *codeword);

/* The arguments of sr_ldpc_decode. */
struct ldpc_task {
    const struct ldpc_code *code;
    const uint8_t *soft;
    uint8_t *data;
    int8_t *iterations;
    size_t soft_stride, data_stride, count;
    int iterations_max;
    int8_t *scratch; /* begins at a multiple of LDPC_ALIGN */
};

struct ldpc_ops {
    size_t lanes; /* frames at work at a time */
    void (*decode)(const struct ldpc_task *task);
};
extern const struct ldpc_ops ldpc_portable, ldpc_avx2, ldpc_avx512, ldpc_neon;

#endif
