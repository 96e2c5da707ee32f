/* From remainders to errors, for all lanes of a vector in the same steps. The file that includes this has defined
 *
 *   LANES, lanes               codewords that are solved at once, and a vector of that many symbols
 *   linear_map, FIELD          rs_columns, rs_nibbles or rs_matrix, and the struct rs_field_* of that form
 *   apply(v, map)              a linear map of every lane
 *   multiply(a, b), invert(a)  products and inverses of every lane; the inverse of 0 is 0
 *   collect(batch, fixes, hits, position, numerator, denominator)
 *                              append a fix for each lane that is 0xff in `hits` to the `fixes` fixes of the batch;
 *                              returns how many there are then
 *
 * Notation: the error at position p of a codeword has locator X = gamma^(254 - p), gamma = alpha^11. Lambda(x) is the
 * product of all (1 - X x); its root for that error is x = gamma^(p + 1). */
#include "reed_solomon/ops.h"
#include "reed_solomon/tables.h"
#include <string.h>

struct solution {
    lanes locator[RS_ERRORS_MAX + 2]; /* Lambda, coefficient 0 first, and a zero */
    lanes evaluator[RS_ERRORS_MAX];   /* Omega = S Lambda mod x^parity */
    lanes length;                     /* degree of Lambda: how many errors there should be */
};

INLINE lanes all(uint8_t value) { return value - (lanes){0}; }
INLINE lanes choose(lanes mask, lanes yes, lanes no) { return (mask & yes) | (~mask & no); }
INLINE lanes load(const uint8_t *from) {
    lanes v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* S_j = remainder(gamma^(128 - errors + j)) by Horner's rule, four at a time to hide the latency of the products. */
INLINE void find_syndromes(unsigned errors, const lanes *remainder, lanes *syndromes) {
    for (unsigned j = 0; j < 2 * errors; j += 4) {
        const linear_map *root = &FIELD.roots[RS_ERRORS_MAX - errors + j];
        lanes sum[4] = {remainder[0], remainder[0], remainder[0], remainder[0]};
        for (unsigned i = 1; i < 2 * errors; i++)
            for (unsigned k = 0; k < 4; k++) sum[k] = apply(sum[k], &root[k]) ^ remainder[i];
        memcpy(&syndromes[j], sum, sizeof sum);
    }
}

/* The sum of a[i] b[-i] over i = 0..count-1, and over one i more where count is odd; in two parts, whose products do
 * not wait for each other. */
INLINE lanes convolve(unsigned count, const lanes *a, const lanes *b) {
    lanes sum[2] = {all(0), all(0)};
    for (unsigned i = 0; i < count; i += 2) {
        sum[0] ^= multiply(a[i], *(b - i));
        sum[1] ^= multiply(a[i + 1], *(b - i - 1));
    }
    return sum[0] ^ sum[1];
}

/* The algorithm of Berlekamp and Massey without inversions; masks make the decisions of each lane. Lanes whose Lambda
 * would be longer than the array end with a length that solve_code() refuses. syndromes[-1] has to be zero. */
INLINE void find_locator(unsigned errors, const lanes *syndromes, struct solution *found) {
    lanes *locator = found->locator, length = all(0), scale = all(1);
    lanes support[RS_ERRORS_MAX + 2]; /* the Lambda before its last change of length, times a power of x */
    for (unsigned i = 0; i < RS_ERRORS_MAX + 2; i++) support[i] = locator[i] = all(i == 0);
    for (unsigned r = 0; r < 2 * errors; r++) {
        const unsigned terms = r < errors ? r + 1 : errors + 1; /* coefficients that Lambda can have by now */
        const lanes discrepancy = convolve(terms, locator, syndromes + r);
        const lanes longer = (lanes)(discrepancy != 0) & (lanes)(length + length <= all((uint8_t)r));
        for (unsigned i = terms < errors ? terms : errors; i < ~0U; i--) {
            const lanes below = i ? support[i - 1] : all(0), old = locator[i];
            locator[i] = multiply(scale, old) ^ multiply(discrepancy, below);
            support[i] = choose(longer, old, below);
        }
        scale = choose(longer, discrepancy, scale);
        length = choose(longer, all((uint8_t)(r + 1)) - length, length);
    }
    found->length = length;
}

/* Fourier transform of three values at a, b, c over the third root of unity w; w^2 = w + 1. */
INLINE void transform_3(lanes *a, lanes *b, lanes *c) {
    const lanes a0 = *a, b0 = *b, c0 = *c, turned = apply(b0 ^ c0, FIELD.third);
    *a = a0 ^ b0 ^ c0, *b = a0 ^ c0 ^ turned, *c = a0 ^ b0 ^ turned;
}

/* Fourier transform of five values over the fifth root of unity z, whose powers sum to 0. X1 + X4 and X2 + X3 need only
 * z + z^4; X1 and X2 share their other products as in Karatsuba's multiplication. */
INLINE void transform_5(lanes *v0, lanes *v1, lanes *v2, lanes *v3, lanes *v4) {
    const lanes a0 = *v0, a1 = *v1, a2 = *v2, s1 = *v1 ^ *v4, s2 = *v2 ^ *v3;
    const lanes sum = apply(s1 ^ s2, &FIELD.fifth[0]), half = apply(a1 ^ a2, &FIELD.fifth[0]);
    const lanes both = apply(s1 ^ s2, &FIELD.fifth[1]);
    *v0 = a0 ^ s1 ^ s2;
    *v1 = a0 ^ half ^ a2 ^ both ^ apply(s1, &FIELD.fifth[3]);
    *v2 = a0 ^ half ^ a1 ^ both ^ apply(s2, &FIELD.fifth[2]);
    *v3 = *v2 ^ sum ^ s1;
    *v4 = *v1 ^ sum ^ s2;
}

/* Fourier transform of fifteen values as 3 x 5 (Good and Thomas): index 10 i + 6 j modulo 15 stands for (i, j), in the
 * input and in the result. */
static void transform_15(lanes *v) {
    for (unsigned j = 0; j < 5; j++) transform_3(&v[6 * j % 15], &v[(6 * j + 10) % 15], &v[(6 * j + 5) % 15]);
    for (unsigned i = 0; i < 15; i += 5)
        transform_5(&v[i], &v[(i + 6) % 15], &v[(i + 12) % 15], &v[(i + 3) % 15], &v[(i + 9) % 15]);
}

/* The polynomial of `count` coefficients, each `step` after the last, from that of x^first on, at the fifteen points
 * u^coset w^b; u = gamma^120 and w = gamma^136 are roots of unity of order 17 and 15. */
INLINE void evaluate(const lanes *coefficients, unsigned count, unsigned step, unsigned first, unsigned coset,
                     lanes *values) {
#pragma GCC unroll 16
    for (unsigned i = 0; i < (count < 15 ? 15 : count); i++) {
        const unsigned exponent = first + step * i;
        const lanes turned = i < count ? apply(coefficients[step * i], &FIELD.cosets[coset * exponent % 17]) : all(0);
        values[exponent % 15] = i < 15 ? turned : values[exponent % 15] ^ turned;
    }
    transform_15(values);
}

/* Evaluate Lambda, even and odd terms apart, and Omega at all powers gamma^m, m = 120 coset + 136 b modulo 255. By
 * Forney's formula the error at a root x is x^(128 - errors) Omega(x) divided by the odd terms of Lambda(x). Returns
 * how many roots each lane has. A root in the parity counts, but needs no fix; one in the fill does not count, for the
 * fill is right. */
INLINE lanes find_errors(unsigned errors, const struct rs_code *code, const struct solution *found,
                         struct rs_batch *batch) {
    lanes count = all(0);
    size_t fixes = 0;
    for (unsigned coset = 0; coset < 17; coset++) {
        lanes even[15], odd[15], numerator[15];
        evaluate(found->locator, errors / 2 + 1, 2, 0, coset, even);
        evaluate(found->locator + 1, errors / 2, 2, 1, coset, odd);
        evaluate(found->evaluator, errors, 1, 128 - errors, coset, numerator);
        for (unsigned b = 0; b < 15; b++) {
            const unsigned position = (120 * coset + 136 * b + 254) % 255;
            const lanes hits = (lanes)(even[b] == odd[b]);
            if (position < code->fill) continue;
            count -= hits;
            if (position < code->fill + code->symbols)
                fixes = collect(batch, fixes, hits, (uint8_t)position, numerator[b], odd[b]);
        }
    }
    batch->fixes = fixes;
    return count;
}

/* Divide the values, numerators until now, by their denominators, and convert them to the basis of the channel. */
static void divide_fixes(const linear_map *to_basis, struct rs_batch *batch) {
    for (size_t i = 0; i < batch->fixes; i += LANES) {
        const lanes quotient = multiply(load(&batch->value[i]), invert(load(&batch->denominator[i])));
        const lanes value = apply(quotient, to_basis);
        memcpy(&batch->value[i], &value, sizeof value);
    }
}

/* Solve a batch. A lane is corrected if Lambda has as many roots as its degree says: then the errors explain all
 * syndromes. Inlined for each value of `errors`, so that the loops unroll. */
INLINE void solve_code(unsigned errors, const struct rs_code *code, const lanes *remainder, struct rs_batch *batch) {
    lanes padded[1 + RS_PARITY_MAX] = {all(0)}, *syndromes = padded + 1;
    struct solution found;
    find_syndromes(errors, remainder, syndromes);
    find_locator(errors, syndromes, &found);
    for (unsigned i = 0; i < errors; i++) found.evaluator[i] = convolve(i + 1, found.locator, syndromes + i);
    const lanes count = find_errors(errors, code, &found, batch);
    const lanes sound = (lanes)(count == found.length) & (lanes)(found.length <= all((uint8_t)errors));
    const lanes corrections = choose(sound, count, all((uint8_t)SR_RS_UNCORRECTABLE));
    memcpy(batch->corrections, &corrections, sizeof corrections);
}

static void solve(const struct rs_code *code, struct rs_batch *batch, unsigned start) {
    lanes remainder[RS_PARITY_MAX];
    for (unsigned i = 0; i < code->parity; i++)
        remainder[i] = apply(load(batch->remainders[i] + start), &FIELD.from_basis[code->basis]);
    if (code->errors == 16) solve_code(16, code, remainder, batch);
    else solve_code(8, code, remainder, batch);
    divide_fixes(&FIELD.to_basis[code->basis], batch);
}
