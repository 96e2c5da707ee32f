#include "channelize/stream.h"
#include <math.h>

static const struct channelize_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &channelize_portable, SR_ON_X86([SR_AVX2] = &channelize_avx2, [SR_AVX512] = &channelize_avx512)};

const struct channelize_ops *channelize_picked(void) { return SR_PICK(TABLES); }

enum { LANES_MAX = 16 };

size_t sr_channelizer_size(void) { return sizeof(struct channelizer); }

int sr_channelizer_start(void *state, size_t state_size, const float *taps) {
    if (state_size < sizeof(struct channelizer)) return SR_TOO_SMALL;
    for (int i = 0; i < TAPS * CHANNELS; i++)
        if (!isfinite(taps[i])) return SR_BAD_ARGUMENT;
    struct channelizer *c = state;
    memset(c, 0, sizeof *c);
    c->held = KEPT;
    for (int i = 0; i < TAPS * FRAME; i++) c->taps[i] = taps[i / 2];
    return SR_OK;
}

size_t sr_channelizer_frames(const void *state, size_t count) {
    const struct channelizer *c = state;
    return is_sound(c) ? (c->held - KEPT + count) / CHANNELS : 0;
}

/* Frames from samples that lie in one piece. The last ones, too few for a block, are made in a padded copy. */
static void make_frames(const float *in, const float *taps, size_t frames, float *out) {
    const struct channelize_ops *ops = channelize_picked();
    size_t lanes = ops->lanes, done = 0;
    for (; done + lanes <= frames; done += lanes) ops->block(in + done * FRAME, taps, out + done * FRAME);
    if (done == frames) return;
    float padded[(LANES_MAX + TAPS - 1) * FRAME] = {0}, made[LANES_MAX * FRAME];
    memcpy(padded, in + done * FRAME, (frames - done + TAPS - 1) * FRAME * sizeof *in);
    ops->block(padded, taps, made);
    memcpy(out + done * FRAME, made, (frames - done) * FRAME * sizeof *made);
}

int sr_channelize(void *state, const float *in, size_t count, float *out, size_t out_frames) {
    struct channelizer *c = state;
    if (!is_sound(c)) return SR_CORRUPT;
    size_t frames = sr_channelizer_frames(c, count), first = (c->held + CHANNELS - 1) / CHANNELS;
    if (frames > out_frames) return SR_TOO_SMALL;
    if (!count) return SR_OK;
    if (first > frames) first = frames; /* frames that need samples of earlier calls */
    if (first) {
        float joint[2 * (HELD_MAX + TAPS * CHANNELS)];
        size_t new = (first + TAPS - 1) * CHANNELS - c->held;
        memcpy(joint, c->samples, c->held * 2 * sizeof *in);
        memcpy(joint + 2 * c->held, in, new * 2 * sizeof *in);
        make_frames(joint, c->taps, first, out);
    }
    if (frames > first)
        make_frames(in + 2 * (first * CHANNELS - c->held), c->taps, frames - first, out + first * FRAME);
    keep_samples(c, frames * CHANNELS, in, count);
    return SR_OK;
}

void sr_fft64(const float *in, size_t frames, float *out) {
    const struct channelize_ops *ops = channelize_picked();
    size_t lanes = ops->lanes, done = 0;
    for (; done + lanes <= frames; done += lanes) ops->transform(in + done * FRAME, out + done * FRAME);
    if (done == frames) return;
    float padded[LANES_MAX * FRAME] = {0};
    memcpy(padded, in + done * FRAME, (frames - done) * FRAME * sizeof *in);
    ops->transform(padded, padded);
    memcpy(out + done * FRAME, padded, (frames - done) * FRAME * sizeof *out);
}

void sr_channel_power(const float *spectra, size_t frames, double *power) {
    channelize_picked()->power(spectra, frames, power);
}
