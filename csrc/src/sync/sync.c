#include "skyrack/sync.h"
#include <string.h>

static uint64_t load_be64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return __builtin_bswap64(value);
}

/* The 64 bits from `bit` on; zeros stand for what lies behind the end. */
static uint64_t bits_at(const uint8_t *octets, size_t size, uint64_t bit) {
    size_t at = bit / 8;
    unsigned shift = bit % 8;
    uint8_t window[9] = {0};
    memcpy(window, octets + at, size - at < 9 ? size - at : 9);
    return load_be64(window) << shift | (uint64_t)window[8] >> (8 - shift);
}

int sr_sync_search(const uint8_t *octets, size_t size, int64_t first, uint64_t marker, unsigned width, unsigned errors,
                   int inverted, struct sr_sync_hit *hits, size_t room, size_t *count) {
    *count = 0;
    if ((width != 32 && width != 64) || errors >= width / 2 || first < 0 || room == 0) return SR_BAD_ARGUMENT;
    uint64_t wanted = width == 64 ? marker : marker << 32;
    for (uint64_t bit = (uint64_t)first; bit + width <= 8 * (uint64_t)size && *count < room; bit++) {
        unsigned wrong = (unsigned)__builtin_popcountll((bits_at(octets, size, bit) ^ wanted) >> (64 - width));
        if (wrong <= errors)
            hits[(*count)++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)wrong, 0};
        else if (inverted && width - wrong <= errors)
            hits[(*count)++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)(width - wrong), 1};
    }
    return SR_OK;
}

static int inside(int64_t bit, uint64_t bits, size_t size) {
    return bit >= 0 && bits <= 8 * (uint64_t)size && (uint64_t)bit <= 8 * (uint64_t)size - bits;
}

static void shift_out(const uint8_t *octets, unsigned shift, uint8_t flip, uint8_t *restrict out, size_t length) {
    if (shift == 0)
        for (size_t i = 0; i < length; i++) out[i] = octets[i] ^ flip;
    else
        for (size_t i = 0; i < length; i++) out[i] = (uint8_t)(octets[i] << shift | octets[i + 1] >> (8 - shift)) ^ flip;
}

int sr_sync_align(const uint8_t *octets, size_t size, const struct sr_sync_hit *hits, size_t count, int64_t skip,
                  uint8_t *frames, size_t stride, size_t length) {
    if (length > size || (count > 1 && stride < length)) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        if (skip < 0 || hits[i].bit < 0 || hits[i].bit > INT64_MAX - skip ||
            !inside(hits[i].bit + skip, 8 * (uint64_t)length, size))
            return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = (uint64_t)(hits[i].bit + skip);
        shift_out(octets + bit / 8, bit % 8, hits[i].inverted ? 0xFF : 0, frames + i * stride, length);
    }
    return SR_OK;
}

int sr_selftest_sync(void) {
    /* The TM marker 1ACFFC1D from bit 10 on, complemented, its bit 8 wrong. */
    static const uint8_t STREAM[] = {0x00, 0x39, 0x4C, 0x00, 0xB8, 0x80, 0x00};
    struct sr_sync_hit hit;
    size_t count;
    int status = sr_sync_search(STREAM, sizeof STREAM, 0, 0x1ACFFC1D, 32, 1, 1, &hit, 1, &count);
    return status == SR_OK && count == 1 && hit.bit == 10 && hit.errors == 1 && hit.inverted == 1 ? SR_OK : SR_CORRUPT;
}
