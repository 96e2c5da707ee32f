/* Calibrate a row in steps of LANES samples, one vector register. A level defines LANES, a multiple of 4, includes
 * this, and then defines unpack(). Vectors wider than the registers would compile too, but gcc does their comparisons
 * one by one. */
#include "calibrate/ops.h"
#include <string.h>

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef uint16_t shorts __attribute__((vector_size(2 * LANES)));

enum { LANES_OCTETS = LANES / 2 * 3, READ_OCTETS = 2 * LANES /* the most that any unpack() reads */ };

/* LANES samples from LANES_OCTETS octets. */
static inline ints unpack(const uint8_t *packed);

static inline shorts scale(ints samples, floats dark, floats gain) {
    floats value = (__builtin_convertvector(samples, floats) - dark) * gain;
    ints above = value > 0, below = value < 65535; /* NaN is neither */
    ints whole = __builtin_convertvector((floats)((ints)value & above & below) + 0.5F, ints);
    return __builtin_convertvector(whole | (above & ~below), shorts);
}

static inline void step(const uint8_t *packed, const float *dark, const float *gain, uint16_t *out) {
    floats dark_here, gain_here;
    memcpy(&dark_here, dark, sizeof dark_here), memcpy(&gain_here, gain, sizeof gain_here);
    shorts result = scale(unpack(packed), dark_here, gain_here);
    memcpy(out, &result, sizeof result);
}

/* The last samples, through copies of whole size: a step may read further than the row goes. */
static void last_step(const uint8_t *packed, size_t count, const float *dark, const float *gain, uint16_t *out) {
    uint8_t octets[READ_OCTETS] = {0};
    float darks[LANES] = {0}, gains[LANES] = {0};
    uint16_t results[LANES];
    memcpy(octets, packed, count / 2 * 3), memcpy(darks, dark, count * 4), memcpy(gains, gain, count * 4);
    step(octets, darks, gains, results);
    memcpy(out, results, count * 2);
}

static inline void calibrate_steps(const uint8_t *packed, size_t cols, const float *dark, const float *gain,
                                   uint16_t *out) {
    size_t at = 0;
    for (; at + 2 * LANES <= cols; at += LANES, packed += LANES_OCTETS) step(packed, dark + at, gain + at, out + at);
    for (; at < cols; at += LANES, packed += LANES_OCTETS)
        last_step(packed, cols - at < LANES ? cols - at : LANES, dark + at, gain + at, out + at);
}
