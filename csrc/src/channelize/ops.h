#ifndef SKYRACK_SRC_CHANNELIZE_OPS_H
#define SKYRACK_SRC_CHANNELIZE_OPS_H
#include "level.h"
#include "skyrack/channelize.h"

enum {
    CHANNELS = SR_CHANNELS,
    TAPS = SR_CHANNEL_TAPS,
    FRAME = 2 * CHANNELS,        /* floats of a frame; also of the 64 samples by which a frame is later than the last */
    KEPT = (TAPS - 1) * CHANNELS /* samples before a frame's own 64 that it needs */
};

struct channelize_ops {
    size_t lanes; /* frames that are made at once */
    /* Make `lanes` frames from (lanes + TAPS - 1) * CHANNELS samples. Each tap stands twice, for the real and the
     * imaginary part: taps[t * FRAME + 2 m] and its neighbour are tap t * CHANNELS + m. */
    void (*block)(const float *in, const float *taps, float *out);
    void (*transform)(const float *in, float *out); /* `lanes` FFTs */
    void (*power)(const float *spectra, size_t frames, double *power);
    /* |y|^2 of each channel of one frame; returns bit k set where that of channel k is above its threshold. */
    uint64_t (*above)(const float *frame, const float *threshold, float *power);
};

extern const struct channelize_ops channelize_portable, channelize_avx2, channelize_avx512;

/* The functions of the level in use. */
const struct channelize_ops *channelize_picked(void);
#endif
