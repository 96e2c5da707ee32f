/* Four registers of 64 octets fold 256 octets ahead. */
#include "crc/ops.h"
#include <immintrin.h>

static inline __m512i add(__m512i a, __m512i b) { return _mm512_xor_si512(a, b); }

static inline __m512i ahead(__m512i octets, __m512i by) {
    return add(_mm512_clmulepi64_epi128(octets, by, 0x00), _mm512_clmulepi64_epi128(octets, by, 0x11));
}

static inline __m512i four(const void *octets) { return _mm512_broadcast_i32x4(_mm_loadu_si128(octets)); }

static inline __m512i state_of(uint32_t state) { return _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)); }

/* Octet i of the result is octet (i + by) mod 64. */
static inline __m512i rotated(__m512i octets, size_t by) {
    static const uint8_t NUMBERS[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_permutexvar_epi8(_mm512_add_epi8(_mm512_loadu_si512(NUMBERS), _mm512_set1_epi8((char)by)), octets);
}

/* The state that 64 octets leave, the first three quarters folded onto the last. */
static inline uint32_t ending(const struct crc_code *code, __m512i octets, __m512i order) {
    __m512i last = _mm512_maskz_mov_epi64(0xC0, octets);
    __m512i sum = add(ahead(octets, _mm512_loadu_si512(code->ahead)), last);
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    __m128i quarter = _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    quarter = _mm_shuffle_epi8(quarter, _mm512_castsi512_si128(order));
    return crc_slice16(code->table, (uint64_t)_mm_cvtsi128_si64(quarter), (uint64_t)_mm_extract_epi64(quarter, 1));
}

/* Fewer than 64 octets: zeros in front change nothing, so they move to the end of a register. */
static inline uint32_t update_short(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    if (size == 0) return state;
    const __m512i order = four(code->order);
    __m512i loaded = add(_mm512_maskz_loadu_epi8(~0ULL >> (64 - size), octets), state_of(state));
    __m512i moved = _mm512_maskz_mov_epi8(~0ULL << (64 - size), rotated(loaded, size));
    return ending(code, _mm512_shuffle_epi8(moved, order), order) ^ crc_rest(state, size);
}

static inline uint32_t update(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    if (size < 64) return update_short(code, state, octets, size);
    const __m512i order = four(code->order), by_64 = four(code->ahead[CRC_BY_64]);
#define LOAD(at) _mm512_shuffle_epi8(_mm512_loadu_si512(octets + (at)), order)
    const uint8_t *end = octets + size;
    __m512i sum = add(LOAD(0), _mm512_shuffle_epi8(state_of(state), order));
    octets += 64;
    if (size >= 512) {
        const __m512i by_256 = four(code->ahead[CRC_BY_256]);
        __m512i b = LOAD(0), c = LOAD(64), d = LOAD(128);
        for (octets += 192; end - octets >= 256; octets += 256) {
            sum = add(ahead(sum, by_256), LOAD(0));
            b = add(ahead(b, by_256), LOAD(64));
            c = add(ahead(c, by_256), LOAD(128));
            d = add(ahead(d, by_256), LOAD(192));
        }
        b = add(ahead(sum, by_64), b);
        c = add(ahead(b, by_64), c);
        sum = add(ahead(c, by_64), d);
    }
    for (; end - octets >= 64; octets += 64) sum = add(ahead(sum, by_64), LOAD(0));
#undef LOAD
    if (octets < end) { /* the last octets push as many off the register's front, which are folded back onto it */
        size_t rest = (size_t)(end - octets);
        __mmask64 late = ~0ULL << (64 - rest);
        __m512i turned = rotated(_mm512_shuffle_epi8(sum, order), rest);
        __m512i pushed = _mm512_shuffle_epi8(_mm512_maskz_mov_epi8(late, turned), order);
        __m512i joined = _mm512_shuffle_epi8(_mm512_mask_loadu_epi8(turned, late, end - 64), order);
        sum = add(ahead(pushed, by_64), joined);
    }
    return ending(code, sum, order);
}

static void batch(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                  size_t count, uint32_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = update(code, state, frames + i * stride, length);
}

const struct crc_ops crc_avx512 = {update, batch};
