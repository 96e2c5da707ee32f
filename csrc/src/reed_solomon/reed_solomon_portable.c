/* Encodes by tables, four symbols at a step; finds errors in vectors of 16 octets, which compilers translate to what
 * the processor has. */
#include "reed_solomon/ops.h"
#include "reed_solomon/tables.h"
#include <string.h>

typedef uint32_t quad __attribute__((vector_size(16)));

static inline quad load_quad(const void *from) {
    quad v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* The next four data symbols of a codeword, the first in the low octet. */
INLINE uint32_t gather(const uint8_t *data, size_t step) {
    uint32_t word;
    if (step != 1)
        return data[0] | (uint32_t)data[step] << 8 | (uint32_t)data[2 * step] << 16 | (uint32_t)data[3 * step] << 24;
    memcpy(&word, data, sizeof word);
    return word;
}

/* The shift register of an encoder, 16 * quads symbols. Its first four are also kept in `lead`: the next step needs
 * them first, and to take them out of a vector is slow. */
struct shift_register {
    uint32_t lead;
    quad low, high;
};

/* Four symbols leave the register, and their products with the generator are added to it: one row of a table for each
 * half of each of them. */
INLINE void step_register(const uint64_t *slices, unsigned quads, uint32_t symbols, struct shift_register *r) {
    const quad none = {0}, old = r->low, next = quads == 2 ? r->high : none;
    const unsigned row_size = 16 * quads;
    const uint64_t leaving = (uint64_t)(symbols ^ r->lead) * row_size;
    r->lead = old[1];
    r->low = __builtin_shufflevector(old, none, 1, 2, 3, 4) ^ __builtin_shufflevector(none, next, 0, 0, 0, 4);
    r->high = __builtin_shufflevector(next, none, 1, 2, 3, 4);
#pragma GCC unroll 8
    for (unsigned half = 0; half < 8; half++) {
        const uint64_t *row = slices + (16 * row_size * half + (leaving >> 4 * half & 15 * row_size)) / 8;
        r->lead ^= (uint32_t)row[0];
        r->low ^= load_quad(row);
        if (quads == 2) r->high ^= load_quad(row + 2);
    }
}

/* The parity of one codeword whose symbols stand `step` apart. */
INLINE void encode_slices(const uint64_t *slices, unsigned quads, unsigned symbols, const uint8_t *data, size_t step,
                          uint8_t *parity) {
    struct shift_register r = {0, {0}, {0}};
    uint32_t begin = 0; /* up to three symbols come first, after zeros, so that a multiple of four is left */
    for (unsigned i = 0; i < symbols % 4; i++, data += step) begin = begin >> 8 | (uint32_t)*data << 24;
    step_register(slices, quads, begin, &r);
    for (unsigned i = symbols / 4; i > 0; i--, data += 4 * step) step_register(slices, quads, gather(data, step), &r);
    memcpy(parity, &r.low, 16);
    if (quads == 2) memcpy(parity + 16, &r.high, 16);
}

static void encode_codeword(const struct rs_code *code, const uint8_t *data, uint8_t *parity) {
    if (code->parity == 32)
        encode_slices(&rs_slices_32[code->basis][0][0][0][0], 2, code->symbols, data, code->interleave, parity);
    else encode_slices(&rs_slices_16[code->basis][0][0][0][0], 1, code->symbols, data, code->interleave, parity);
}

static void parity(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *out, size_t out_stride,
                   size_t count) {
    const unsigned depth = code->interleave;
    for (size_t codeword = 0; codeword < count * depth; codeword++) {
        const size_t b = codeword / depth, c = codeword % depth;
        uint8_t expected[RS_PARITY_MAX];
        encode_codeword(code, data + b * data_stride + c, expected);
        for (size_t i = 0; i < code->parity; i++) out[b * out_stride + i * depth + c] = expected[i];
    }
}

static uint64_t receive(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch) {
    const unsigned depth = code->interleave;
    unsigned lane = batch->waiting;
    uint64_t damaged = 0;
    for (size_t codeword = 0; codeword < count * depth; codeword++) {
        const uint8_t *first = blocks + codeword / depth * stride + codeword % depth;
        const uint8_t *received = first + (size_t)code->symbols * depth;
        uint8_t expected[RS_PARITY_MAX], wrong = 0;
        encode_codeword(code, first, expected);
        for (size_t i = 0; i < code->parity; i++)
            wrong |= batch->remainders[i][lane] = received[i * depth] ^ expected[i];
        if (wrong) damaged |= 1ULL << codeword, lane++;
    }
    return damaged;
}

enum { LANES = 16 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef rs_columns linear_map;
#define FIELD rs_field_columns

static inline lanes top_bit(lanes v) { return (lanes)((__typeof__((lanes){0} < (lanes){0}))v < 0); }

/* Not inlined, for this is too long to stand everywhere it is used. */
__attribute__((noinline)) static lanes apply(lanes v, const linear_map *map) {
    const uint8_t *image = (const uint8_t *)map;
    lanes sum = {0};
    for (unsigned bit = 8; bit-- > 0; v += v) sum ^= top_bit(v) & image[bit];
    return sum;
}

__attribute__((noinline)) static lanes multiply(lanes a, lanes b) {
    lanes product = {0};
    for (unsigned bit = 8; bit-- > 0; b += b)
        product = (product + product) ^ (top_bit(product) & 0x87) ^ (top_bit(b) & a);
    return product;
}

/* x^254 = x^252 x^2, and x^252 = x^240 x^12. */
static inline lanes invert(lanes x) {
    const lanes x2 = multiply(x, x), x3 = multiply(x2, x), x6 = multiply(x3, x3), x12 = multiply(x6, x6);
    lanes power = multiply(x12, x3);
    for (unsigned i = 0; i < 4; i++) power = multiply(power, power);
    return multiply(multiply(power, x12), x2);
}

static inline size_t collect(struct rs_batch *batch, size_t fixes, lanes hits, uint8_t position, lanes numerator,
                             lanes denominator) {
    uint64_t any[2];
    memcpy(any, &hits, sizeof any);
    if (!(any[0] | any[1])) return fixes;
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (!hits[lane]) continue;
        batch->lane[fixes] = (uint8_t)lane, batch->position[fixes] = position;
        batch->value[fixes] = numerator[lane], batch->denominator[fixes++] = denominator[lane];
    }
    return fixes;
}

#include "reed_solomon/solve.h"

const struct rs_ops rs_portable = {parity, receive, solve, LANES, 0};
