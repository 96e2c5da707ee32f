#include "skyrack/randomise.h"
#include <string.h>

/* The sequence s of a polynomial of degree d obeys s[n + d] = sum of s[n + t] over the exponents t < d. Over GF(2) its
 * 2^k-th power only spreads the exponents, so the same rule holds for octets and for blocks of any 2^k octets: d octets
 * grow into a key by doubling, and a key turns into the one after it in place. */
enum { DEGREE_MAX = 17, TERMS_MAX = 6, KEY_MAX = 2176 };

struct code {
    size_t degree;
    size_t key; /* octets of a key: degree * 2^k */
    unsigned terms;
    uint8_t exponents[TERMS_MAX];
    uint8_t start[DEGREE_MAX]; /* the first `degree` octets */
};
static const struct code CODES[] = {
    [SR_RANDOMISE_TM255] = {8, 2048, 4, {0, 3, 5, 7}, {0xFF, 0x48, 0x0E, 0xC0, 0x9A, 0x0D, 0x70, 0xBC}},
    [SR_RANDOMISE_TM131071] = {17, 2176, 2, {0, 14}, {0x1C, 0x71, 0xB9, 0x1B, 0xA9, 0xBA, 0x84, 0x57, 0xB4, 0xBC, 0x50,
                                                      0x54, 0xBF, 0xD0, 0x55, 0x40, 0x2F}},
    [SR_RANDOMISE_TC] = {8, 2048, 6, {0, 1, 2, 3, 4, 6}, {0xFF, 0x39, 0x9E, 0x5A, 0x68, 0xE9, 0x06, 0xF5}},
};

/* Block n of the octets after `from`, by the rule; blocks are octets apart by `block`. */
static void next_block(const struct code *code, const uint8_t *from, size_t block, uint8_t *to) {
    memcpy(to, from, block);
    for (unsigned t = 1; t < code->terms; t++)
        for (size_t i = 0; i < block; i++) to[i] ^= from[code->exponents[t] * block + i];
}

/* The first `wanted` octets of the sequence or more, up to a key. */
static void begin(const struct code *code, size_t wanted, uint8_t key[KEY_MAX]) {
    memcpy(key, code->start, code->degree);
    for (size_t block = 1; block * code->degree < wanted && block * code->degree < code->key; block *= 2)
        for (size_t n = 0; n < code->degree; n++)
            next_block(code, key + n * block, block, key + (code->degree + n) * block);
}

/* The key after `key`: block n depends on blocks before and after it, all of which are there or already replaced. */
static void advance(const struct code *code, uint8_t key[KEY_MAX]) {
    size_t block = code->key / code->degree;
    for (size_t n = 0; n < code->degree; n++)
        for (unsigned t = 1; t < code->terms; t++) {
            const uint8_t *term = key + (n + code->exponents[t]) % code->degree * block;
            for (size_t i = 0; i < block; i++) key[n * block + i] ^= term[i];
        }
}

static void add(uint8_t *restrict frame, const uint8_t *restrict key, size_t length) {
    for (size_t i = 0; i < length; i++) frame[i] ^= key[i];
}

int sr_randomise(uint8_t *frames, size_t stride, size_t length, size_t count, int number) {
    if (number < 0 || number > SR_RANDOMISE_TC || (count > 1 && stride < length)) return SR_BAD_ARGUMENT;
    const struct code *code = &CODES[number];
    uint8_t key[KEY_MAX];
    begin(code, length, key);
    for (size_t at = 0; at < length; at += code->key) {
        if (at) advance(code, key);
        size_t part = length - at < code->key ? length - at : code->key;
        for (size_t i = 0; i < count; i++) add(frames + i * stride + at, key, part);
    }
    return SR_OK;
}

int sr_selftest_randomise(void) {
    static const uint8_t FIRST[][5] = {
        [SR_RANDOMISE_TM255] = {0xFF, 0x48, 0x0E, 0xC0, 0x9A},
        [SR_RANDOMISE_TM131071] = {0x1C, 0x71, 0xB9, 0x1B, 0xA9},
        [SR_RANDOMISE_TC] = {0xFF, 0x39, 0x9E, 0x5A, 0x68},
    };
    for (int number = 0; number <= SR_RANDOMISE_TC; number++) {
        uint8_t frame[sizeof FIRST[0]] = {0};
        sr_randomise(frame, sizeof frame, sizeof frame, 1, number);
        if (memcmp(frame, FIRST[number], sizeof frame)) return SR_CORRUPT;
    }
    return SR_OK;
}
