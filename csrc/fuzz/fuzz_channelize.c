/* Any samples and taps, the stream cut anywhere: every level gives the numbers of the portable level for the whole
 * stream, and for the FFTs of its pieces. Bursts of these frames are in order, within the stream and as long as asked
 * for, and the same however the frames are cut. */
#include "fuzz.h"
#include "skyrack/channelize.h"
#include <math.h>

enum { FRAME = 2 * SR_CHANNELS, BURSTS_MAX = 4096 };

/* Whether numbers are equal bit for bit; NaN equals any NaN. */
static int alike(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i]))) return 0;
    return 1;
}

/* Channelize a stream in pieces of `step` samples; returns 1 if it could begin. */
static int channelized(const float *taps, const float *in, size_t count, size_t step, float *out) {
    size_t size = sr_channelizer_size(), done = 0;
    void *state = owned(NULL, size);
    int begun = sr_channelizer_start(state, size, taps) == SR_OK;
    for (size_t at = 0; begun && at < count; at += step) {
        size_t piece = count - at < step ? count - at : step, frames = sr_channelizer_frames(state, piece);
        REQUIRE(done + frames <= count / SR_CHANNELS);
        REQUIRE(sr_channelize(state, in + 2 * at, piece, out + done * FRAME, frames) == SR_OK);
        done += frames;
    }
    free(state);
    return begun;
}

static size_t detected(const float *threshold, uint32_t gap_max, uint32_t length_min, const float *frames, size_t count,
                       size_t step, struct sr_burst *out) {
    size_t size = sr_bursts_size(), told = 0, used, done;
    void *state = owned(NULL, size);
    REQUIRE(sr_bursts_start(state, size, threshold, gap_max, length_min) == SR_OK);
    for (size_t at = 0; at < count; at += done, told += used) {
        size_t piece = count - at < step ? count - at : step;
        REQUIRE(sr_bursts_find(state, frames + at * FRAME, piece, out + told, BURSTS_MAX - told, &done, &used) ==
                SR_OK);
    }
    REQUIRE(sr_bursts_finish(state, out + told, BURSTS_MAX - told, &used) == SR_OK);
    for (size_t i = 0; i < told + used; i++)
        REQUIRE(out[i].length >= length_min && out[i].start + out[i].length <= count && out[i].channel < SR_CHANNELS);
    free(state);
    return told + used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    size_t step = 1 + take(&input, 1) * 8;
    uint32_t gap_max = (uint32_t)take(&input, 1), length_min = (uint32_t)take(&input, 1);
    float taps[SR_CHANNELIZER_TAPS], floor[SR_CHANNELS];
    for (int i = 0; i < SR_CHANNELIZER_TAPS; i++) taps[i] = (float)((i + (int)size) * 37 % 101 - 50);
    uint32_t tap = (uint32_t)take(&input, 4);
    memcpy(taps + gap_max, &tap, sizeof tap);
    size_t count = input.size / 8, frames = count / SR_CHANNELS, octets = 4 * frames * FRAME;
    float *in = owned(input.octets, 8 * count), *first = owned(NULL, octets), *out = owned(NULL, octets);
    float *spectra = owned(NULL, octets), *here = owned(NULL, octets);
    sr_level_select("portable");
    sr_fft64(in, frames, spectra);
    int begun = channelized(taps, in, count, count + 1, first);
    ON_EACH_LEVEL(level) {
        REQUIRE(channelized(taps, in, count, step, out) == begun);
        REQUIRE(!begun || alike(first, out, frames * FRAME));
        sr_fft64(in, frames, here);
        REQUIRE(alike(spectra, here, frames * FRAME));
    }
    if (begun && frames) {
        float *scratch = owned(NULL, 4 * frames);
        struct sr_burst once[BURSTS_MAX], often[BURSTS_MAX];
        REQUIRE(sr_noise_floor(out, frames, floor, scratch) == SR_OK);
        for (int k = 0; k < SR_CHANNELS; k++) floor[k] = isnan(floor[k]) ? 0 : floor[k];
        size_t told = detected(floor, gap_max, length_min, out, frames, frames, once);
        REQUIRE(detected(floor, gap_max, length_min, out, frames, 1 + step % 7, often) == told);
        REQUIRE(memcmp(once, often, told * sizeof *once) == 0);
        free(scratch);
    }
    free(in), free(first), free(out), free(spectra), free(here);
    return 0;
}
