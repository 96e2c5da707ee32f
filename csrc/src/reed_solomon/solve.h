/* From remainders to errors, in lockstep over the lanes of a vector: included by each level's file, which defines before
 *
 *   LANES          codewords solved at once
 *   lanes          a vector of LANES uint8_t, symbols of the field FIELD; GCC's operators work on it
 *   linear_map     rs_columns, rs_nibbles or rs_matrix, and FIELD, the struct rs_field_* of that form
 *   apply(v, map)  a linear map of every lane
 *   multiply(a, b), invert(a)  products and inverses of every lane; the inverse of 0 is 0
 *   collect(batch, hits, position, numerator, denominator)  append the lanes that are 0xff in `hits` to the batch's fixes
 *
 * Notation: the error at position p of a codeword has locator X = gamma^(254 - p), gamma = alpha^11. Lambda(x) is the product
 * of all (1 - X x); its root of that error is x = gamma^(p + 1). */
#include "code.h"
#include "tables.h"
#include <string.h>

struct solution {
    lanes locator[RS_ERRORS_MAX + 1]; /* Lambda, coefficient 0 first */
    lanes evaluator[RS_ERRORS_MAX];   /* Omega = S Lambda mod x^parity */
    lanes length;                     /* errors that Lambda claims */
};

static inline lanes all(uint8_t value) { return value - (lanes){0}; }
static inline lanes choose(lanes mask, lanes yes, lanes no) { return (mask & yes) | (~mask & no); }
static inline lanes load(const uint8_t *from) {
    lanes v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* S_j = remainder(gamma^(128 - errors + j)), by Horner's rule. */
static void find_syndromes(const struct rs_code *code, const struct rs_batch *batch, lanes *syndromes) {
    lanes remainder[RS_PARITY_MAX];
    for (unsigned i = 0; i < code->parity; i++)
        remainder[i] = apply(load(batch->remainders[i]), &FIELD.from_basis[code->basis]);
    for (unsigned j = 0; j < code->parity; j++) {
        const linear_map *root = &FIELD.roots[RS_ERRORS_MAX - code->errors + j];
        lanes sum = remainder[0];
        for (unsigned i = 1; i < code->parity; i++) sum = apply(sum, root) ^ remainder[i];
        syndromes[j] = sum;
    }
}

/* Berlekamp-Massey without inversions: every lane takes its own decisions by masks. Lanes whose Lambda would outgrow the
 * array end with a length that is refused later. */
static void find_locator(unsigned errors, const lanes *syndromes, struct solution *found) {
    lanes *locator = found->locator, length = all(0), scale = all(1);
    lanes support[RS_ERRORS_MAX + 1] = {{0}}; /* an earlier Lambda, times a power of x */
    support[0] = all(1);
    memcpy(locator, support, sizeof support);
    for (unsigned r = 0; r < 2 * errors; r++) {
        lanes discrepancy = all(0);
        for (unsigned i = 0; i <= (r < errors ? r : errors); i++) discrepancy ^= multiply(locator[i], syndromes[r - i]);
        const lanes longer = (lanes)(discrepancy != 0) & (lanes)(length + length <= all((uint8_t)r));
        for (unsigned i = r < errors ? r + 1 : errors; i < ~0u; i--) {
            const lanes below = i ? support[i - 1] : all(0), old = locator[i];
            locator[i] = multiply(scale, old) ^ multiply(discrepancy, below);
            support[i] = choose(longer, old, below);
        }
        scale = choose(longer, discrepancy, scale);
        length = choose(longer, all((uint8_t)(r + 1)) - length, length);
    }
    found->length = length;
}

static void find_evaluator(unsigned errors, const lanes *syndromes, struct solution *found) {
    for (unsigned i = 0; i < errors; i++) {
        lanes sum = all(0);
        for (unsigned j = 0; j <= i; j++) sum ^= multiply(found->locator[j], syndromes[i - j]);
        found->evaluator[i] = sum;
    }
}

/* Fourier transform of three values at a, b, c over the third root of unity w; w^2 = w + 1. */
static inline void transform_3(lanes *a, lanes *b, lanes *c) {
    const lanes a0 = *a, b0 = *b, c0 = *c, turned = apply(b0 ^ c0, FIELD.third);
    *a = a0 ^ b0 ^ c0, *b = a0 ^ c0 ^ turned, *c = a0 ^ b0 ^ turned;
}

/* Of five values over the fifth root of unity z, whose powers sum to 0. X1 + X4 and X2 + X3 need z + z^4 alone; X1 and X2
 * share their other products by Karatsuba's trick. */
static inline void transform_5(lanes *v0, lanes *v1, lanes *v2, lanes *v3, lanes *v4) {
    const lanes a0 = *v0, a1 = *v1, a2 = *v2, s1 = *v1 ^ *v4, s2 = *v2 ^ *v3;
    const lanes sum = apply(s1 ^ s2, &FIELD.fifth[0]), half = apply(a1 ^ a2, &FIELD.fifth[0]);
    const lanes both = apply(s1 ^ s2, &FIELD.fifth[1]);
    *v0 = a0 ^ s1 ^ s2;
    *v1 = a0 ^ half ^ a2 ^ both ^ apply(s1, &FIELD.fifth[3]);
    *v2 = a0 ^ half ^ a1 ^ both ^ apply(s2, &FIELD.fifth[2]);
    *v3 = *v2 ^ sum ^ s1;
    *v4 = *v1 ^ sum ^ s2;
}

/* Of fifteen values, in place, as 3 x 5 (Good and Thomas): index 10 i + 6 j mod 15 stands for (i, j), before and after. */
static void transform_15(lanes *v) {
    for (unsigned j = 0; j < 5; j++) transform_3(&v[6 * j % 15], &v[(6 * j + 10) % 15], &v[(6 * j + 5) % 15]);
    for (unsigned i = 0; i < 15; i += 5) transform_5(&v[i], &v[(i + 6) % 15], &v[(i + 12) % 15], &v[(i + 3) % 15], &v[(i + 9) % 15]);
}

/* Add coefficient `value` of x^exponent to a polynomial that will be transformed on coset `coset`. */
static inline void place(lanes *values, unsigned coset, unsigned exponent, lanes value) {
    values[exponent % 15] ^= apply(value, &FIELD.cosets[coset * exponent % 17]);
}

/* Evaluate Lambda and the parts of Forney's formula at all x = gamma^m, m = 120 coset + 136 b mod 255: seventeen transforms
 * of length 15. The error's value is x^(128 - errors) Omega(x) over Lambda's odd part. Returns the roots found by lane. */
static lanes find_errors(const struct rs_code *code, const struct solution *found, struct rs_batch *batch) {
    lanes count = all(0);
    for (unsigned coset = 0; coset < 17; coset++) {
        lanes part[2][15] = {{{0}}}, numerator[15] = {{0}};
        for (unsigned i = 0; i <= code->errors; i++) place(part[i % 2], coset, i, found->locator[i]);
        for (unsigned i = 0; i < code->errors; i++) place(numerator, coset, i + 128 - code->errors, found->evaluator[i]);
        transform_15(part[0]), transform_15(part[1]), transform_15(numerator);
        for (unsigned b = 0; b < 15; b++) {
            const unsigned position = (120 * coset + 136 * b + 254) % 255;
            const lanes hits = (lanes)(part[0][b] == part[1][b]);
            if (position < code->fill) continue;
            count -= hits;
            collect(batch, hits, (uint8_t)position, numerator[b], part[1][b]);
        }
    }
    return count;
}

/* `value` holds numerators until here; leave the quotients in the basis of the channel. */
static void divide_fixes(const struct rs_code *code, struct rs_batch *batch) {
    for (size_t i = 0; i < batch->fixes; i += LANES) {
        const lanes quotient = multiply(load(&batch->value[i]), invert(load(&batch->denominator[i])));
        const lanes value = apply(quotient, &FIELD.to_basis[code->basis]);
        memcpy(&batch->value[i], &value, sizeof value);
    }
}

/* A lane is corrected if Lambda has as many roots as it claims: then the errors explain all syndromes. */
static void solve(const struct rs_code *code, struct rs_batch *batch) {
    lanes syndromes[RS_PARITY_MAX];
    struct solution found;
    batch->fixes = 0;
    find_syndromes(code, batch, syndromes);
    find_locator(code->errors, syndromes, &found);
    find_evaluator(code->errors, syndromes, &found);
    const lanes count = find_errors(code, &found, batch);
    divide_fixes(code, batch);
    const lanes sound = (lanes)(count == found.length) & (lanes)(found.length <= all((uint8_t)code->errors));
    const lanes corrections = choose(sound, count, all((uint8_t)SR_RS_UNCORRECTABLE));
    memcpy(batch->corrections, &corrections, sizeof corrections);
}
