/* What all levels share: the arithmetic, for the vectoriser, and the row as blocks that stay in the first cache. */
#include "calibrate/ops.h"

enum { BLOCK = 512 };

static inline float clamped(float value) {
    float above = value > 0 ? value : 0; /* NaN compares false */
    return above < 65535 ? above : 65535;
}

static inline void scale(const uint16_t *restrict samples, size_t count, const float *restrict dark,
                         const float *restrict gain, uint16_t *restrict out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (uint16_t)(int32_t)(clamped(((float)samples[i] - dark[i]) * gain[i]) + 0.5F);
}

static inline void unpack_pairs(const uint8_t *restrict packed, size_t count, uint16_t *restrict samples) {
    for (size_t i = 0; i < count; i += 2, packed += 3) {
        samples[i] = (uint16_t)(packed[0] << 4 | (packed[2] & 0xF));
        samples[i + 1] = (uint16_t)(packed[1] << 4 | packed[2] >> 4);
    }
}

static void unpack(const uint8_t *packed, size_t count, uint16_t *samples);

/* The row of this level, by its `unpack`. */
static inline void calibrate_blocks(const uint8_t *packed, size_t cols, const float *dark, const float *gain,
                                    uint16_t *out) {
    uint16_t samples[BLOCK];
    for (size_t at = 0; at < cols; at += BLOCK) {
        size_t count = cols - at < BLOCK ? cols - at : BLOCK;
        unpack(packed + at / 2 * 3, count, samples);
        scale(samples, count, dark + at, gain + at, out + at);
    }
}
