#ifndef SKYRACK_SRC_CHANNELIZE_OPS_H
#define SKYRACK_SRC_CHANNELIZE_OPS_H
#include "level.h"
#include "skyrack/channelize.h"

enum {
    CHANNELS = SR_CHANNELS,
    TAPS = SR_CHANNEL_TAPS,
    FRAME = 2 * CHANNELS,        /* floats of a frame, and of the samples that one frame is later than the last */
    KEPT = (TAPS - 1) * CHANNELS /* samples of the past that a frame needs */
};

struct channelize_ops {
    size_t lanes; /* frames that are made at once */
    /* `lanes` frames from the samples of lanes + TAPS - 1; taps[t * FRAME + 2 m] and its neighbour are both tap
     * t * CHANNELS + m. */
    void (*block)(const float *in, const float *taps, float *out);
    void (*transform)(const float *in, float *out); /* `lanes` FFTs */
    void (*power)(const float *spectra, size_t frames, double *power);
    /* |y|^2 of one frame, and a bit for each channel where it is above the threshold. */
    uint64_t (*above)(const float *frame, const float *threshold, float *power);
};

extern const struct channelize_ops channelize_portable, channelize_avx2, channelize_avx512;

/* Those of the level in use. */
const struct channelize_ops *channelize_picked(void);
#endif
