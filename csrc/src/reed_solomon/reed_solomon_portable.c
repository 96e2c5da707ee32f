/* Encoding by table, four symbols at a step; decoding in lanes of 16 octets, which every compiler knows to vectorise. */
#include "code.h"
#include "tables.h"
#include <string.h>

typedef uint32_t quad __attribute__((vector_size(16)));

static inline quad load_quad(const void *from) {
    quad v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* The next four data symbols of a codeword as a little-endian word; the first `missing` of them are zeros before its start. */
static inline uint32_t gather(const uint8_t *data, size_t step, unsigned missing) {
    uint32_t word = 0;
    for (unsigned k = missing; k < 4; k++) word |= (uint32_t)data[(k - missing) * step] << 8 * k;
    return word;
}

/* The sum of the table rows of the eight half symbols in `word`, `rows` quads each. */
static inline void add_rows(const uint64_t *slices, unsigned rows, uint32_t word, quad *sum) {
    for (unsigned half = 0; half < 8; half++) {
        const uint64_t *row = slices + (size_t)(16 * half + (word >> 4 * half & 15)) * 2 * rows;
        for (unsigned q = 0; q < rows; q++) sum[q] ^= load_quad(row + 2 * q);
    }
}

/* One step of the register: four symbols leave it, and come back multiplied by the generator. */
static inline void step_register(const uint64_t *slices, unsigned rows, uint32_t symbols, quad *state) {
    const quad none = {0};
    const uint32_t leaving = symbols ^ state[0][0];
    for (unsigned q = 0; q < rows; q++)
        state[q] = __builtin_shufflevector(state[q], q + 1 < rows ? state[q + 1] : none, 1, 2, 3, 4);
    add_rows(slices, rows, leaving, state);
}

/* The parity of one codeword whose symbols stand `step` apart. */
static inline void encode_one(const uint64_t *slices, unsigned rows, unsigned symbols, const uint8_t *data, size_t step,
                              uint8_t *parity) {
    quad state[2] = {{0}};
    const unsigned missing = -symbols % 4;
    if (missing) step_register(slices, rows, gather(data, step, missing), state);
    for (size_t i = (4 - missing) % 4; i < symbols; i += 4) step_register(slices, rows, gather(data + i * step, step, 0), state);
    uint8_t octets[RS_PARITY_MAX];
    memcpy(octets, state, 16 * rows);
    for (unsigned i = 0; i < 16 * rows; i++) parity[i * step] = octets[i];
}

static void parity(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *out, size_t out_stride,
                   size_t count) {
    for (size_t b = 0; b < count; b++)
        for (unsigned c = 0; c < code->interleave; c++) {
            const uint8_t *from = data + b * data_stride + c;
            uint8_t *to = out + b * out_stride + c;
            if (code->parity == 32)
                encode_one(&rs_slices_32[code->basis][0][0][0][0], 2, code->symbols, from, code->interleave, to);
            else
                encode_one(&rs_slices_16[code->basis][0][0][0][0], 1, code->symbols, from, code->interleave, to);
        }
}

enum { LANES = 16 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef rs_columns linear_map;
#define FIELD rs_field_columns

static inline lanes top_bit(lanes v) { return (lanes)((__typeof__((lanes){0} < (lanes){0}))v < 0); }

static inline lanes apply(lanes v, const linear_map *map) {
    const uint8_t *image = (const uint8_t *)map;
    lanes sum = {0};
    for (unsigned bit = 8; bit-- > 0; v += v) sum ^= top_bit(v) & image[bit];
    return sum;
}

static inline lanes multiply(lanes a, lanes b) {
    lanes product = {0};
    for (unsigned bit = 8; bit-- > 0; b += b) product = (product + product) ^ (top_bit(product) & 0x87) ^ (top_bit(b) & a);
    return product;
}

/* x^254 = x^252 x^2, and x^252 = x^240 x^12. */
static inline lanes invert(lanes x) {
    const lanes x2 = multiply(x, x), x3 = multiply(x2, x), x6 = multiply(x3, x3), x12 = multiply(x6, x6);
    lanes power = multiply(x12, x3);
    for (unsigned i = 0; i < 4; i++) power = multiply(power, power);
    return multiply(multiply(power, x12), x2);
}

static inline void collect(struct rs_batch *batch, lanes hits, uint8_t position, lanes numerator, lanes denominator) {
    uint64_t any[2];
    memcpy(any, &hits, sizeof any);
    if (!(any[0] | any[1])) return;
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (!hits[lane]) continue;
        const size_t i = batch->fixes++;
        batch->lane[i] = (uint8_t)lane, batch->position[i] = position;
        batch->value[i] = numerator[lane], batch->denominator[i] = denominator[lane];
    }
}

#include "solve.h"

const struct rs_ops rs_portable = {parity, solve, LANES};
