/* Slicing by 16; in a batch four frames go side by side, for one alone waits on its table look-ups. */
#include "crc_ops.h"

static uint32_t update(const struct crc_code *code, uint32_t state, const uint8_t *octets, size_t size) {
    for (; size >= 16; octets += 16, size -= 16)
        state = crc_slice16(code->table, crc_load64(octets) ^ state, crc_load64(octets + 8));
    return crc_octets(code->table, state, octets, size);
}

enum { ABREAST = 4 };

static void update_abreast(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride,
                           size_t length, uint32_t out[ABREAST]) {
    uint32_t states[ABREAST] = {state, state, state, state};
    size_t at = 0;
    for (; at + 16 <= length; at += 16)
        for (size_t i = 0; i < ABREAST; i++) {
            const uint8_t *octets = frames + i * stride + at;
            states[i] = crc_slice16(code->table, crc_load64(octets) ^ states[i], crc_load64(octets + 8));
        }
    for (size_t i = 0; i < ABREAST; i++)
        out[i] = crc_octets(code->table, states[i], frames + i * stride + at, length - at);
}

static void batch(const struct crc_code *code, uint32_t state, const uint8_t *frames, size_t stride, size_t length,
                  size_t count, uint32_t *out) {
    size_t i = 0;
    for (; i + ABREAST <= count; i += ABREAST)
        update_abreast(code, state, frames + i * stride, stride, length, out + i);
    for (; i < count; i++) out[i] = update(code, state, frames + i * stride, length);
}

const struct crc_ops crc_portable = {update, batch};
