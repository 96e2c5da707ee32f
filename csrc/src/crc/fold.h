/* Folding with registers of 16 octets, four of them side by side, for levels that have carry-less products of 64 bits.
 * The file that includes this has defined
 *     TARGET              attributes of the functions
 *     ahead(reg, by)      low half of reg times low half of by, plus the same of the high halves
 *     lookup(reg, from)   octet i of the result is octet from[i], 0..15, of reg */

static inline TARGET reg load(const void *octets) {
    reg value;
    memcpy(&value, octets, sizeof value);
    return value;
}

static inline TARGET uint32_t ending(const struct crc_code *code, reg sum) {
    uint8_t octets[16];
    reg ordered = lookup(sum, load(code->order));
    memcpy(octets, &ordered, sizeof octets);
    return crc_slice16(code->table, crc_load64(octets), crc_load64(octets + 8));
}

/* Take the last 1..15 octets into the register: they push as many off its front, which are folded back onto it. */
static inline TARGET reg push(const struct crc_code *code, reg sum, const uint8_t *end, size_t rest) {
    static const uint8_t FROM[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                     0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t LATE[32] = {0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                     255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    const reg order = load(code->order), late = load(LATE + rest);
    reg turned = lookup(lookup(sum, order), load(FROM + rest));
    reg joined = (turned & ~late) | (load(end - 16) & late);
    return ahead(lookup(turned & late, order), load(code->ahead[CRC_BY_16])) ^ lookup(joined, order);
}

static inline TARGET uint32_t fold(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    if (size < 16) return crc_octets(code->table, state, octets, size);
    const reg order = load(code->order), by_16 = load(code->ahead[CRC_BY_16]);
#define LOAD(at) lookup(load(octets + (at)), order)
    const uint8_t *end = octets + size;
    uint32_t start[4] = {state};
    reg sum = LOAD(0) ^ lookup(load(start), order);
    octets += 16;
    if (size >= 128) {
        const reg by_64 = load(code->ahead[CRC_BY_64]);
        reg b = LOAD(0), c = LOAD(16), d = LOAD(32);
        for (octets += 48; end - octets >= 64; octets += 64) {
            sum = ahead(sum, by_64) ^ LOAD(0);
            b = ahead(b, by_64) ^ LOAD(16);
            c = ahead(c, by_64) ^ LOAD(32);
            d = ahead(d, by_64) ^ LOAD(48);
        }
        sum = ahead(sum, load(code->ahead[CRC_BY_48])) ^ ahead(b, load(code->ahead[CRC_BY_32])) ^ ahead(c, by_16) ^ d;
    }
    for (; end - octets >= 16; octets += 16) sum = ahead(sum, by_16) ^ LOAD(0);
#undef LOAD
    if (octets < end) sum = push(code, sum, end, (size_t)(end - octets));
    return ending(code, sum);
}

static TARGET uint32_t update(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    return fold(code, state, octets, size);
}

static TARGET void batch(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride,
                         size_t length, size_t count, uint32_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = fold(code, state, frames + i * stride, length);
}
