/* Slicing by 16: sixteen octets at a step, by sixteen tables. In a batch two frames go side by side, since a frame
 * alone waits for its table look-ups. */
#include "crc/ops.h"

static inline uint32_t step(const struct crc_code *code, uint32_t state, const uint8_t *octets) {
    return crc_slice16(code->table, crc_load64(octets) ^ state, crc_load64(octets + 8));
}

static uint32_t update(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    for (; size >= 16; octets += 16, size -= 16) state = step(code, state, octets);
    return crc_octets(code->table, state, octets, size);
}

static void update_pair(const struct crc_code *code, uint32_t state, const uint8_t *first, const uint8_t *second,
                        size_t length, uint32_t out[2]) {
    size_t at = 0;
    out[0] = out[1] = state;
    for (; at + 16 <= length; at += 16) {
        out[0] = step(code, out[0], first + at);
        out[1] = step(code, out[1], second + at);
    }
    out[0] = crc_octets(code->table, out[0], first + at, length - at);
    out[1] = crc_octets(code->table, out[1], second + at, length - at);
}

static void batch(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                  size_t count, uint32_t *out) {
    size_t i = 0;
    for (; i + 2 <= count; i += 2)
        update_pair(code, state, frames + i * stride, frames + (i + 1) * stride, length, out + i);
    if (i < count) out[i] = update(code, state, frames + i * stride, length);
}

const struct crc_ops crc_portable = {update, batch};
