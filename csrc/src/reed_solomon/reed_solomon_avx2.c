/* Thirty-two codewords at a time, one to each lane: vector s holds symbol s of all. To multiply by a constant takes two
 * look-ups among sixteen octets, one for each half of a symbol. */
#include "reed_solomon/ops.h"
#include "reed_solomon/tables.h"
#include <immintrin.h>
#include <string.h>

enum { LANES = 32, TILE = 16 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));

INLINE lanes lookup(const rs_lookup *table, lanes index) {
    const __m256i octets = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    return (lanes)_mm256_shuffle_epi8(octets, (__m256i)index);
}
INLINE lanes least(lanes a, lanes b) { return (lanes)_mm256_min_epu8((__m256i)a, (__m256i)b); }
INLINE uint64_t mask_of(lanes v) { return (uint32_t)_mm256_movemask_epi8((__m256i)v); }

/* The low and the high half of symbols, as indices for look-ups. */
struct halves {
    lanes low, high;
};
INLINE struct halves halve(lanes v) { return (struct halves){v & 15, v >> 4}; }
INLINE lanes times(struct halves v, const rs_nibbles *map) {
    return lookup(&map->low, v.low) ^ lookup(&map->high, v.high);
}

/* The register of n symbols moves on by two: f0 and f1 leave it, and symbol i becomes
 *
 *     from[i + 2] + g[i + 2] f0 + g[i + 1] f1,
 *
 * where g[0] = g[n] = 1, and from and g are 0 beyond. As g[k] = g[n - k], the products of symbol i serve symbol
 * n - 2 - i too. */
INLINE void step_register(unsigned n, const rs_nibbles *g, const lanes *symbols, const lanes *from, lanes *to) {
    const lanes f0 = symbols[0] ^ from[0];
    const struct halves h0 = halve(f0);
    lanes before = f0, here = times(h0, &g[0]); /* g[i] f0 and g[i + 1] f0 */
    const lanes f1 = symbols[1] ^ from[1] ^ here;
    const struct halves h1 = halve(f1);
    to[n - 1] = f1;
#pragma GCC unroll 16
    for (unsigned i = 0; i < n / 2; i++) {
        const lanes after = i + 2 <= n / 2 ? times(h0, &g[i + 1]) : before, other = times(h1, &g[i]);
        to[i] = from[i + 2] ^ after ^ other;
        if (i != n / 2 - 1) to[n - 2 - i] = (i ? from[n - i] ^ before : before) ^ other;
        before = here, here = after;
    }
}
__attribute__((noinline)) static void step_32(const rs_nibbles *g, const lanes *symbols, const lanes *from, lanes *to) {
    step_register(32, g, symbols, from, to);
}
__attribute__((noinline)) static void step_16(const rs_nibbles *g, const lanes *symbols, const lanes *from, lanes *to) {
    step_register(16, g, symbols, from, to);
}

/* How many blocks' codewords fit into a vector. */
static size_t blocks_of(const struct rs_code *code) { return LANES / code->interleave; }

/* Transpose the 16 x 16 octets in either half of the vectors. Interleaving row i with row i + 8 turns the bits of row
 * and column numbers by one place, and four times by four. */
static void transpose(lanes *v) {
    for (unsigned turn = 0; turn < 4; turn++) {
        lanes next[TILE];
        for (unsigned i = 0; i < TILE / 2; i++) {
            next[2 * i] = (lanes)_mm256_unpacklo_epi8((__m256i)v[i], (__m256i)v[i + 8]);
            next[2 * i + 1] = (lanes)_mm256_unpackhi_epi8((__m256i)v[i], (__m256i)v[i + 8]);
        }
        memcpy(v, next, sizeof next);
    }
}

/* Copy `symbols` symbols of `depth` codewords between a block and the lanes of a tile. */
INLINE void copy_symbols(unsigned depth, uint8_t *to, size_t to_step, const uint8_t *from, size_t from_step,
                         unsigned symbols) {
    for (unsigned s = 0; s < symbols; s++) memcpy(to + s * to_step, from + s * from_step, depth);
}
static void move_symbols(unsigned depth, uint8_t *to, size_t to_step, const uint8_t *from, size_t from_step,
                         unsigned symbols) {
    switch (depth) {
    case 1: copy_symbols(1, to, to_step, from, from_step, symbols); break;
    case 2: copy_symbols(2, to, to_step, from, from_step, symbols); break;
    case 3: copy_symbols(3, to, to_step, from, from_step, symbols); break;
    case 4: copy_symbols(4, to, to_step, from, from_step, symbols); break;
    case 5: copy_symbols(5, to, to_step, from, from_step, symbols); break;
    case 6: copy_symbols(6, to, to_step, from, from_step, symbols); break;
    case 7: copy_symbols(7, to, to_step, from, from_step, symbols); break;
    case 8: copy_symbols(8, to, to_step, from, from_step, symbols); break;
    default: break;
    }
}

/* The next `symbols` symbols of each block. Where they are fewer than a tile holds they stand at its end, behind zeros;
 * where blocks are fewer, their lanes are zero. */
static void load_tile(unsigned depth, const uint8_t *data, size_t stride, size_t blocks, unsigned symbols,
                      lanes *tile) {
    if (depth == 1 && blocks == LANES && symbols == TILE) {
        for (unsigned b = 0; b < TILE; b++)
            memcpy(&tile[b], data + b * stride, TILE),
                memcpy((uint8_t *)&tile[b] + TILE, data + (b + TILE) * stride, TILE);
        transpose(tile);
        return;
    }
    memset(tile, 0, TILE * sizeof *tile);
    for (size_t b = 0; b < blocks; b++)
        move_symbols(depth, (uint8_t *)&tile[TILE - symbols] + b * depth, LANES, data + b * stride, depth, symbols);
}

static void store_parity(const struct rs_code *code, const lanes *state, uint8_t *out, size_t stride, size_t blocks) {
    const unsigned depth = code->interleave;
    lanes tile[TILE];
    for (unsigned done = 0; done < code->parity; done += TILE, out += (size_t)TILE * depth) {
        memcpy(tile, state + done, sizeof tile);
        if (depth == 1) transpose(tile);
        for (size_t b = 0; b < blocks; b++) {
            if (depth == 1) memcpy(out + b * stride, (const uint8_t *)&tile[b % TILE] + b / TILE * TILE, TILE);
            else move_symbols(depth, out + b * stride, depth, (const uint8_t *)tile + b * depth, LANES, TILE);
        }
    }
}

/* The parity of at most blocks_of(code) blocks: symbol i of every codeword in vector i of what is returned. */
static const lanes *encode_tile(const struct rs_code *code, const uint8_t *data, size_t stride, size_t blocks,
                                lanes state[2][RS_PARITY_MAX]) {
    const rs_nibbles *g =
        code->parity == 32 ? rs_generator_nibbles_32[code->basis] : rs_generator_nibbles_16[code->basis];
    lanes tile[TILE];
    unsigned now = 0;
    memset(state[0], 0, sizeof state[0]);
    for (unsigned left = code->symbols, symbols; left; left -= symbols) {
        symbols = left % TILE ? left % TILE : TILE;
        load_tile(code->interleave, data, stride, blocks, symbols, tile);
        data += (size_t)symbols * code->interleave;
        for (unsigned i = (TILE - symbols) / 2 * 2; i < TILE; i += 2, now ^= 1)
            (code->parity == 32 ? step_32 : step_16)(g, tile + i, state[now], state[now ^ 1]);
    }
    return state[now];
}

static void parity(const struct rs_code *code, const uint8_t *data, size_t data_stride, uint8_t *out, size_t out_stride,
                   size_t count) {
    lanes state[2][RS_PARITY_MAX];
    for (size_t blocks; count; count -= blocks, data += blocks * data_stride, out += blocks * out_stride) {
        blocks = count < blocks_of(code) ? count : blocks_of(code);
        store_parity(code, encode_tile(code, data, data_stride, blocks, state), out, out_stride, blocks);
    }
}

/* Subtract the expected parity from the received one; returns the lanes where any symbol of the difference is not 0. */
static uint64_t compare_parity(const struct rs_code *code, const uint8_t *received, size_t stride, size_t blocks,
                               const lanes *expected, lanes *difference) {
    lanes tile[TILE], any = {0};
    for (unsigned i = 0; i < code->parity; i++) {
        if (i % TILE == 0)
            load_tile(code->interleave, received + (size_t)i * code->interleave, stride, blocks, TILE, tile);
        difference[i] = expected[i] ^ tile[i % TILE];
        any |= difference[i];
    }
    return mask_of((lanes)(any != 0));
}

static uint64_t receive(const struct rs_code *code, const uint8_t *blocks, size_t stride, size_t count,
                        struct rs_batch *batch) {
    lanes state[2][RS_PARITY_MAX], difference[RS_PARITY_MAX];
    uint64_t damaged = 0;
    unsigned lane = batch->waiting;
    for (size_t done = 0, some; done < count; done += some, blocks += some * stride) {
        some = count - done < blocks_of(code) ? count - done : blocks_of(code);
        const lanes *expected = encode_tile(code, blocks, stride, some, state);
        const uint8_t *received = blocks + (size_t)code->symbols * code->interleave;
        const uint64_t here = compare_parity(code, received, stride, some, expected, difference);
        damaged |= here << done * code->interleave;
        for (uint64_t mask = here; mask; mask &= mask - 1, lane++)
            for (unsigned i = 0; i < code->parity; i++)
                batch->remainders[i][lane] = difference[i][__builtin_ctzll(mask)];
    }
    return damaged;
}

#include "reed_solomon/nibbles.h"
#include "reed_solomon/solve.h"

const struct rs_ops rs_avx2 = {parity, receive, solve, LANES, 7};
