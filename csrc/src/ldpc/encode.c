/* Encoding with circulants. A block is `size` bits, the first one in the most significant bit of its first octet, then
 * zeros. A ring is a block repeated, from which it can be read at any rotation. */
#include "ldpc/ops.h"
#include <string.h>

enum {
    BLOCK = LDPC_SIZE_MAX / 8,
    RING = 3 * BLOCK, /* the block twice, and the part of a third time that reading whole octets reaches */
    DATA_MAX = 16384 / 8,
    AR4JA_ROWS = 12
};
typedef uint8_t block[BLOCK];

/* Copy `count` bits from bit `at` on to the front of `out`, with zeros after them. */
static void take_bits(uint8_t *out, const uint8_t *in, size_t at, size_t count) {
    const size_t octets = (count + 7) / 8, last = (at + count - 1) / 8;
    for (size_t i = 0; i < octets; i++) {
        const size_t from = at / 8 + i;
        out[i] = (uint8_t)(in[from] << at % 8 | (from < last ? in[from + 1] >> (8 - at % 8) : 0));
    }
    if (count % 8) out[octets - 1] &= (uint8_t)(0xFF00 >> count % 8);
}

/* XOR `count` bits, which zeros follow, onto those from bit `at` on. */
static void put_bits(uint8_t *out, size_t at, const uint8_t *in, size_t count) {
    for (size_t i = 0; i < (count + 7) / 8; i++) {
        out[at / 8 + i] ^= in[i] >> at % 8;
        if (at % 8 && at / 8 + i < (at + count - 1) / 8) out[at / 8 + i + 1] ^= (uint8_t)(in[i] << (8 - at % 8));
    }
}

static size_t octets(const struct ldpc_code *code) { return (code->size + 7U) / 8; }

static void make_ring(const struct ldpc_code *code, const uint8_t *bits, uint8_t *ring) {
    memset(ring, 0, 3 * octets(code));
    for (size_t at = 0; at <= 16 * octets(code); at += code->size) put_bits(ring, at, bits, code->size);
}

/* XOR the bits of a ring from bit `at` on onto `count` whole octets, so that a few bits behind the block change too. */
static void add_from(uint8_t *restrict sum, const uint8_t *restrict ring, size_t at, size_t count) {
    const uint8_t *from = ring + at / 8;
    const unsigned left = at % 8;
    for (size_t i = 0; i < count; i++) sum[i] ^= (uint8_t)((from[i] << 8 | from[i + 1]) >> (8 - left));
}

static void cut(const struct ldpc_code *code, uint8_t *bits) {
    if (code->size % 8) bits[code->size / 8] &= (uint8_t)(0xFF00 >> code->size % 8);
}

/* XOR the product of a circulant, given by its row of bit 0, and a block onto `sum`. */
static void add_dense(const struct ldpc_code *code, const uint64_t *row, const uint8_t *bits, uint8_t *restrict sum) {
    uint8_t octet_row[BLOCK], ring[RING], rings[8][RING]; /* rings[n]: rotated to the left by n bits */
    const size_t count = octets(code);
    for (size_t i = 0; i < count; i++) octet_row[i] = (uint8_t)(row[i / 8] >> (56 - 8 * (i % 8)));
    make_ring(code, octet_row, ring);
    for (size_t left = 0; left < 8; left++) {
        memset(rings[left], 0, 2 * count);
        add_from(rings[left], ring, left, 2 * count);
    }
    for (size_t i = 0; i < code->size; i++) {
        if (!(bits[i / 8] << i % 8 & 0x80)) continue;
        const size_t at = code->size - i;
        const uint8_t *restrict from = rings[at % 8] + at / 8;
        for (size_t o = 0; o < count; o++) sum[o] ^= from[o];
    }
    cut(code, sum);
}

/* Compute the blocks `out`, each the sum of the `count` blocks `in` times its dense circulants. */
static void multiply_dense(const struct ldpc_code *code, const block *in, size_t count, block *out, size_t outs) {
    const size_t words = (code->size + 63U) / 64;
    for (size_t i = 0; i < count; i++)
        for (size_t o = 0; o < outs; o++) add_dense(code, code->dense + (i * outs + o) * words, in[i], out[o]);
}

/* Add to `sums`, one for each of four rows of circulants from `row` on, what their checks see in columns `first` to
 * `last` - 1. */
static void add_checks(const struct ldpc_code *code, const block *columns, size_t row, size_t first, size_t last,
                       block *sums) {
    const struct ldpc_edge *edge = code->edges;
    for (size_t r = 0; r < row; r++) edge += code->degrees[r];
    for (size_t r = row; r < row + 4; r++)
        for (size_t end = code->degrees[r]; end; end--, edge++) {
            uint8_t ring[RING];
            if (edge->column < first || edge->column >= last) continue;
            make_ring(code, columns[edge->column], ring);
            add_from(sums[r - row], ring, edge->shift, octets(code));
        }
}

/* The parity of AR4JA: three groups of four columns on the right, of which a and b are sent and c is not. The four
 * checks from row 0 on give a from c; those from row 4 on give b from the data and c; those from row 8 on, with b
 * replaced by that, give c from the data. */
static void find_ar4ja_parity(const struct ldpc_code *code, block *columns) {
    const size_t a = code->columns - 12U, b = a + 4, c = b + 4;
    block sums[4] = {{0}};
    add_checks(code, columns, 4, 0, a, columns + b);
    add_checks(code, columns, 8, 0, c, sums);
    multiply_dense(code, sums, 4, columns + c, 4);
    add_checks(code, columns, 4, c, c + 4, columns + b);
    add_checks(code, columns, 0, c, c + 4, columns + a);
}

static void find_parity(const struct ldpc_code *code, block *columns) {
    const size_t parity = code->rows, data = code->columns - parity;
    if (code->rows == AR4JA_ROWS) find_ar4ja_parity(code, columns);
    else multiply_dense(code, columns, data, columns + data, parity);
}

void ldpc_encode(const struct ldpc_code *code, const uint8_t *data, uint8_t *codeword) {
    block columns[LDPC_COLUMNS_MAX] = {{0}};
    uint8_t shifted[DATA_MAX] = {0}; /* the data, after the leading zeros that are not sent */
    const size_t size = code->size, parity_at = code->data_bits + code->shortened;
    const size_t parity_end = parity_at + (code->sent_bits - code->data_bits) / size * size;
    put_bits(shifted, code->shortened, data, code->data_bits);
    for (size_t i = 0; i * size < parity_at; i++) take_bits(columns[i], shifted, i * size, size);
    find_parity(code, columns);
    memcpy(codeword, data, code->data_bits / 8);
    memset(codeword + code->data_bits / 8, 0, (code->sent_bits - code->data_bits) / 8U);
    for (size_t i = parity_at / size; i * size < parity_end; i++)
        put_bits(codeword, i * size - code->shortened, columns[i], size);
}
