/* Sixty-four codewords at a time, one to each lane: vector s holds symbol s of all. To multiply by a constant takes one
 * affine instruction. */
#include "reed_solomon/ops.h"
#include "reed_solomon/tables.h"
#include <immintrin.h>
#include <string.h>

INLINE __m512i times(__m512i v, uint64_t map) {
    __m512i rows = _mm512_set1_epi64((long long)map);
#ifdef __clang__ /* clang 14 scales a broadcast operand's displacement by 1, the processor by 8: use a register */
    __asm__("" : "+v"(rows)); /* NOLINT(portability-no-assembler): no instruction, a register is asked for */
#endif
    return _mm512_gf2p8affine_epi64_epi8(v, rows, 0);
}
INLINE __m512i sum3(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
INLINE __m512i sum5(__m512i a, __m512i b, __m512i c, __m512i d, __m512i e) { return sum3(sum3(a, b, c), d, e); }

/* Products of the generator's coefficients with the four symbols f0..f3 that leave the register in one step: a[k] is
 * g[k] f0, b[k] is g[k] f1, and so on. */
struct products {
    __m512i a[RS_ERRORS_MAX + 1], b[RS_ERRORS_MAX + 1], c[RS_ERRORS_MAX + 1], d[RS_ERRORS_MAX + 1];
};

/* The register of n symbols moves on by four: symbol i becomes
 *
 *     from[i + 4] + g[i + 4] f0 + g[i + 3] f1 + g[i + 2] f2 + g[i + 1] f3,
 *
 * where g[0] = g[n] = 1, and from and g are 0 beyond. As g[k] = g[n - k], the products of symbol i serve symbol
 * n - 4 - i too. */
INLINE void upper(unsigned n, unsigned i, const struct products *p, const __m512i *from, __m512i *to) {
    const unsigned a = i + 4 <= n / 2 ? i + 4 : n - 4 - i, b = i + 3 <= n / 2 ? i + 3 : n - 3 - i;
    to[i] = sum5(from[i + 4], p->a[a], p->b[b], p->c[i + 2], p->d[i + 1]);
}
INLINE void lower(unsigned n, unsigned i, const struct products *p, const __m512i *from, __m512i *to) {
    const unsigned d = i + 3 <= n / 2 ? i + 3 : n - 3 - i;
    to[n - 4 - i] = sum5(from[n - i], p->a[i], p->b[i + 1], p->c[i + 2], p->d[d]);
}

INLINE void step_register(unsigned n, const rs_matrix *g, const __m512i *symbols, const __m512i *from, __m512i *to) {
    struct products p; /* in an order that has first what f1..f3 are computed from */
    const __m512i f0 = symbols[0] ^ from[0];
    p.a[1] = times(f0, g[0].words[0]);
    const __m512i f1 = sum3(symbols[1], from[1], p.a[1]);
    p.a[2] = times(f0, g[1].words[0]), p.b[1] = times(f1, g[0].words[0]);
    const __m512i f2 = sum3(symbols[2] ^ from[2], p.a[2], p.b[1]);
    p.a[3] = times(f0, g[2].words[0]), p.b[2] = times(f1, g[1].words[0]), p.c[1] = times(f2, g[0].words[0]);
    const __m512i f3 = sum3(sum3(symbols[3], from[3], p.a[3]), p.b[2], p.c[1]);
    p.b[3] = times(f1, g[2].words[0]), p.c[2] = times(f2, g[1].words[0]), p.d[1] = times(f3, g[0].words[0]);
    p.c[3] = times(f2, g[2].words[0]), p.d[2] = times(f3, g[1].words[0]), p.d[3] = times(f3, g[2].words[0]);
    p.a[4] = times(f0, g[3].words[0]);
    upper(n, 0, &p, from, to);
    to[n - 1] = f3, to[n - 2] = f2 ^ p.d[1], to[n - 3] = sum3(f1, p.c[1], p.d[2]);
    to[n - 4] = sum3(f0 ^ p.b[1], p.c[2], p.d[3]);
    p.b[4] = times(f1, g[3].words[0]), p.c[4] = times(f2, g[3].words[0]), p.d[4] = times(f3, g[3].words[0]);
#pragma GCC unroll 16
    for (unsigned k = 5; k <= n / 2; k++) {
        const uint64_t map = g[k - 1].words[0];
        p.a[k] = times(f0, map), p.b[k] = times(f1, map), p.c[k] = times(f2, map), p.d[k] = times(f3, map);
        upper(n, k - 4, &p, from, to), lower(n, k - 4, &p, from, to);
    }
    upper(n, n / 2 - 3, &p, from, to), lower(n, n / 2 - 3, &p, from, to);
    upper(n, n / 2 - 2, &p, from, to);
}

/* Not inlined, so that the register is kept in memory between steps: else the compiler moves parts of it to the stack
 * and back in between. */
__attribute__((noinline)) static void step_32(const rs_matrix *g, const __m512i *symbols, const __m512i *from,
                                              __m512i *to) {
    step_register(32, g, symbols, from, to);
}
__attribute__((noinline)) static void step_16(const rs_matrix *g, const __m512i *symbols, const __m512i *from,
                                              __m512i *to) {
    step_register(16, g, symbols, from, to);
}

/* A tile has as many vectors as blocks, each of as many elements; an element is the `interleave` octets of one symbol
 * of a block. As loaded, vector b holds successive symbols of block b; transposed, vector s holds symbol s of every
 * block. Rows and columns are numbered in digits, and transposing exchanges each digit of the row with that of the
 * column; done twice, it changes nothing. */

/* The number of each octet of a vector. */
INLINE __m512i columns(void) {
    uint8_t octets[64];
    for (unsigned i = 0; i < 64; i++) octets[i] = (uint8_t)i;
    return _mm512_loadu_si512(octets);
}
INLINE __mmask64 first(unsigned octets) { return octets < 64 ? (1ULL << octets) - 1 : ~0ULL; }

/* v with its octets moved up by `octets` places, modulo 64, where `mask` is set; `else_` elsewhere. */
INLINE __m512i move_up(__mmask64 mask, __m512i else_, int octets, __m512i v) {
    return _mm512_mask_permutexvar_epi8(else_, mask, _mm512_sub_epi8(columns(), _mm512_set1_epi8((char)octets)), v);
}

/* The octets in every second group of `width`, beginning with the second. */
INLINE __mmask64 odd_groups(unsigned width) {
    __mmask64 mask = 0;
#pragma GCC unroll 32
    for (unsigned column = width; column < 64; column += 2 * width) mask |= first(width) << column;
    return mask;
}

/* Exchange the octets `high` of a with those of b that lie `octets` places lower. */
INLINE void exchange(__m512i *a, __m512i *b, unsigned octets, __mmask64 high) {
    const __m512i old = *a;
    *a = move_up(high, old, (int)octets, *b);
    *b = move_up(high >> octets, *b, -(int)octets, old);
}

/* Exchange the bit of the row number that is worth `apart` rows with the bit of the column number that is worth `width`
 * octets, in `rows` rows. */
INLINE void exchange_bit(__m512i *v, unsigned rows, unsigned apart, unsigned width) {
#pragma GCC unroll 8
    for (unsigned i = 0; i < rows; i++)
        if (!(i & apart)) exchange(&v[i], &v[i + apart], width, odd_groups(width));
}

/* The same for an octal digit: three consecutive bits, in eight rows. */
INLINE void exchange_octal(__m512i *v, unsigned width) {
    exchange_bit(v, 8, 1, width), exchange_bit(v, 8, 2, 2 * width), exchange_bit(v, 8, 4, 4 * width);
}

/* The same for a digit of base 3, in three rows. */
INLINE void exchange_ternary(__m512i *v, unsigned width) {
    exchange(&v[0], &v[1], width, first(width) << width);
    exchange(&v[0], &v[2], 2 * width, first(width) << 2 * width);
    exchange(&v[1], &v[2], width, first(width) << 2 * width);
}

/* Rows and columns of a tile are numbered in two digits. The low digit is of base 8, or of base 4 for tiles of 12
 * rows. */
INLINE unsigned low_digit(unsigned depth) { return depth == 5 ? 4 : 8; }
INLINE void exchange_low(unsigned depth, __m512i *v) {
    if (depth == 5) exchange_bit(v, 4, 1, depth), exchange_bit(v, 4, 2, 2 * depth);
    else exchange_octal(v, depth);
}
INLINE void exchange_high(unsigned depth, __m512i *v) {
    const unsigned width = low_digit(depth) * depth;
    if (depth == 1) exchange_octal(v, width);
    if (depth == 2) exchange_bit(v, 4, 1, width), exchange_bit(v, 4, 2, 2 * width);
    if (depth == 3 || depth == 4) exchange_bit(v, 2, 1, width);
    if (depth == 5) exchange_ternary(v, width);
}

/* Transpose the rows at `data`, which may be the tile itself, into the tile: first the low digit, then the high one. */
INLINE void transpose_rows(unsigned depth, const uint8_t *data, size_t stride, __m512i *tile) {
    const unsigned rows = RS_GROUP[depth], low = low_digit(depth), high = rows / low;
    const __mmask64 used = first(rows * depth);
    __m512i row[8];
    for (unsigned at = 0; at < rows; at += low) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < low; i++) row[i] = _mm512_maskz_loadu_epi8(used, data + (at + i) * stride);
        exchange_low(depth, row);
#pragma GCC unroll 8
        for (unsigned i = 0; i < low; i++) tile[at + i] = row[i];
    }
    for (unsigned at = 0; at < low && high > 1; at++) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < high; i++) row[i] = tile[at + i * low];
        exchange_high(depth, row);
#pragma GCC unroll 8
        for (unsigned i = 0; i < high; i++) tile[at + i * low] = row[i];
    }
}
static void transpose(unsigned depth, const void *data, size_t stride, __m512i *tile) {
    switch (depth) {
    case 1: transpose_rows(1, data, stride, tile); break;
    case 2: transpose_rows(2, data, stride, tile); break;
    case 3: transpose_rows(3, data, stride, tile); break;
    case 4: transpose_rows(4, data, stride, tile); break;
    case 5: transpose_rows(5, data, stride, tile); break;
    case 6: transpose_rows(6, data, stride, tile); break;
    case 7: transpose_rows(7, data, stride, tile); break;
    case 8: transpose_rows(8, data, stride, tile); break;
    default: break;
    }
}

/* The next `symbols` symbols of each block, transposed. Where they are fewer than a tile holds they stand at its end,
 * behind zeros; where blocks are fewer, their lanes are zero. */
static void load_tile(unsigned depth, const uint8_t *data, size_t stride, size_t blocks, unsigned symbols,
                      __m512i *tile) {
    const unsigned rows = RS_GROUP[depth], missing = (rows - symbols) * depth;
    if (blocks == rows && !missing) {
        transpose(depth, data, stride, tile);
        return;
    }
    for (size_t b = 0; b < rows; b++) {
        const __m512i octets =
            _mm512_maskz_loadu_epi8(b < blocks ? first(symbols * depth) : 0, b < blocks ? data + b * stride : data);
        tile[b] = move_up(~first(missing), _mm512_setzero_si512(), (int)missing, octets);
    }
    transpose(depth, tile, sizeof *tile, tile);
}

static void store_parity(const struct rs_code *code, const __m512i *state, uint8_t *out, size_t stride, size_t blocks) {
    const unsigned depth = code->interleave, rows = RS_GROUP[depth];
    for (unsigned done = 0; done < code->parity; done += rows) {
        const unsigned symbols = code->parity - done < rows ? code->parity - done : rows;
        __m512i tile[64];
        for (unsigned s = 0; s < rows; s++) tile[s] = s < symbols ? state[done + s] : _mm512_setzero_si512();
        transpose(depth, tile, sizeof *tile, tile);
        for (size_t b = 0; b < blocks; b++)
            _mm512_mask_storeu_epi8(out + b * stride + done * depth, first(symbols * depth), tile[b]);
    }
}

/* The parity of at most a tile of blocks: symbol i of every codeword in vector i of `state`. */
static const __m512i *encode_tile(const struct rs_code *code, const uint8_t *data, size_t stride, size_t blocks,
                                  __m512i state[2][RS_PARITY_MAX]) {
    const unsigned rows = RS_GROUP[code->interleave];
    const rs_matrix *g = code->parity == 32 ? rs_generator_matrix_32[code->basis] : rs_generator_matrix_16[code->basis];
    __m512i tile[64];
    unsigned now = 0;
    memset(state[0], 0, sizeof state[0]);
    for (unsigned left = code->symbols, symbols; left; left -= symbols) {
        symbols = left % rows ? left % rows : rows;
        load_tile(code->interleave, data, stride, blocks, symbols, tile);
        data += (size_t)symbols * code->interleave;
        for (unsigned i = (rows - symbols) / 4 * 4; i < rows; i += 4, now ^= 1)
            (code->parity == 32 ? step_32 : step_16)(g, tile + i, state[now], state[now ^ 1]);
    }
    return state[now];
}

static void parity(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *out, size_t out_stride,
                   size_t count) {
    __m512i state[2][RS_PARITY_MAX];
    store_parity(code, encode_tile(code, data, data_stride, count, state), out, out_stride, count);
}

/* Subtract the expected parity from the received one; returns the lanes where any symbol of the difference is not 0. */
static __mmask64 compare_parity(const struct rs_code *code, const uint8_t *received, size_t stride, size_t blocks,
                                const __m512i *expected, __m512i *difference) {
    const unsigned rows = RS_GROUP[code->interleave];
    __m512i any = _mm512_setzero_si512();
    for (unsigned done = 0, symbols; done < code->parity; done += symbols) {
        __m512i tile[64];
        symbols = code->parity - done < rows ? code->parity - done : rows;
        load_tile(code->interleave, received + (size_t)done * code->interleave, stride, blocks, symbols, tile);
        for (unsigned i = 0; i < symbols; i++) {
            difference[done + i] = expected[done + i] ^ tile[rows - symbols + i];
            any |= difference[done + i];
        }
    }
    return _mm512_test_epi8_mask(any, any);
}

static uint64_t receive(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch) {
    __m512i state[2][RS_PARITY_MAX], difference[RS_PARITY_MAX];
    const __m512i *expected = encode_tile(code, blocks, stride, count, state);
    const uint8_t *received = blocks + (size_t)code->symbols * code->interleave;
    const __mmask64 damaged = compare_parity(code, received, stride, count, expected, difference);
    if (!damaged) return 0;
    for (unsigned i = 0; i < code->parity; i++)
        _mm512_storeu_si512(&batch->remainders[i][batch->waiting], _mm512_maskz_compress_epi8(damaged, difference[i]));
    return damaged;
}

enum { LANES = 64 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef rs_matrix linear_map;
#define FIELD rs_field_matrix

INLINE lanes apply(lanes v, const linear_map *map) { return (lanes)times((__m512i)v, map->words[0]); }
INLINE lanes multiply(lanes a, lanes b) { return (lanes)_mm512_gf2p8mul_epi8((__m512i)a, (__m512i)b); }
INLINE lanes invert(lanes v) {
    const __m512i identity = _mm512_set1_epi64(0x0102040810204080);
    return (lanes)_mm512_gf2p8affineinv_epi64_epi8((__m512i)v, identity, 0);
}

/* Append a fix for each lane in `hits`, as reed_solomon/solve.h asks for: whole vectors are stored with the lanes in
 * `hits` first, and the next call overwrites what is not counted. */
INLINE size_t collect(struct rs_batch *batch, size_t fixes, lanes hits, uint8_t position, lanes numerator,
                      lanes denominator) {
    const __mmask64 mask = _mm512_movepi8_mask((__m512i)hits);
    const size_t count = (size_t)__builtin_popcountll(mask);
    const __m512i parts[4] = {_mm512_maskz_compress_epi8(mask, columns()), _mm512_set1_epi8((char)position),
                              _mm512_maskz_compress_epi8(mask, (__m512i)numerator),
                              _mm512_maskz_compress_epi8(mask, (__m512i)denominator)};
    uint8_t *const to[4] = {&batch->lane[fixes], &batch->position[fixes], &batch->value[fixes],
                            &batch->denominator[fixes]};
    if (__builtin_expect(count <= 16, 1))
        for (unsigned i = 0; i < 4; i++) _mm_storeu_si128((__m128i *)to[i], _mm512_castsi512_si128(parts[i]));
    else
        for (unsigned i = 0; i < 4; i++) _mm512_storeu_si512(to[i], parts[i]);
    return fixes + count;
}

#include "reed_solomon/solve.h"

const struct rs_ops rs_avx512 = {parity, receive, solve, LANES, 4};
