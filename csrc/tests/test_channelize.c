/* The channelizer between unreadable pages, against its definition; streams cut anywhere; bursts against a search frame
 * by frame. */
#include "check.h"
#include "skyrack/channelize.h"
#include <math.h>

enum { FRAME = 2 * SR_CHANNELS };

static float *floats(size_t count, uint64_t *state) {
    float *values = (float *)guarded(4 * count);
    for (size_t i = 0; i < count; i++) values[i] = (float)(int32_t)draw(state) / 2147483648.0F;
    return values;
}
static void free_floats(float *values, size_t count) { release((uint8_t *)values, 4 * count); }

/* How far y[n][k] is from its sum in binary64. */
static double error_of(const float *y, size_t n, size_t k, const float *taps, const float *x) {
    double re = 0, im = 0;
    for (size_t j = 0; j < SR_CHANNELIZER_TAPS; j++) {
        if (64 * n + j < 448) continue; /* before the stream's beginning */
        const float *sample = x + 2 * (64 * n + j - 448);
        double angle = -2 * 3.14159265358979323846 * (double)(j * k % 64) / 64, c = cos(angle), s = sin(angle);
        re += taps[j] * (sample[0] * c - sample[1] * s), im += taps[j] * (sample[0] * s + sample[1] * c);
    }
    return hypot(y[0] - re, y[1] - im);
}

static void stream(size_t count, uint64_t *random) {
    size_t size = sr_channelizer_size(), frames = count / SR_CHANNELS;
    float *taps = floats(SR_CHANNELIZER_TAPS, random), *x = floats(2 * count, random);
    float *whole = floats(frames * FRAME, random), *y = floats(frames * FRAME, random);
    uint8_t *state = guarded(size);
    for (int i = 0; i < SR_CHANNELIZER_TAPS; i++) taps[i] /= 64;
    CHECK(sr_channelizer_start(state, size, taps) == SR_OK);
    CHECK(sr_channelizer_frames(state, count) == frames);
    if (frames) CHECK(sr_channelize(state, x, count, whole, frames - 1) == SR_TOO_SMALL);
    CHECK(sr_channelize(state, x, count, whole, frames) == SR_OK);
    for (size_t i = 0; i < 4 * frames; i++) {
        size_t n = draw(random) % frames, k = draw(random) % SR_CHANNELS;
        CHECK(error_of(whole + n * FRAME + 2 * k, n, k, taps, x) < 3e-6);
    }
    CHECK(sr_channelizer_start(state, size, taps) == SR_OK);
    for (size_t at = 0, done = 0; at < count;) { /* pieces of all sizes, most of them small */
        size_t piece = draw(random) % (draw(random) % 2 ? 200 : 1500);
        if (piece > count - at) piece = count - at;
        size_t made = sr_channelizer_frames(state, piece);
        CHECK(sr_channelize(state, x + 2 * at, piece, y + done * FRAME, made) == SR_OK);
        at += piece, done += made;
    }
    CHECK(memcmp(whole, y, 4 * frames * FRAME) == 0);
    free_floats(taps, SR_CHANNELIZER_TAPS), free_floats(x, 2 * count), release(state, size);
    free_floats(whole, frames * FRAME), free_floats(y, frames * FRAME);
}

/* Any number of frames, in place and apart, against the definition. */
static void transforms(size_t frames, uint64_t *random) {
    float *x = floats(frames * FRAME, random), *y = floats(frames * FRAME, random);
    sr_fft64(x, frames, y);
    for (size_t n = 0; n < frames; n++)
        for (size_t k = 0; k < SR_CHANNELS; k++) {
            double re = y[n * FRAME + 2 * k], im = y[n * FRAME + 2 * k + 1];
            for (size_t j = 0; j < SR_CHANNELS; j++) {
                double angle = -2 * 3.14159265358979323846 * (double)(j * k % 64) / 64, c = cos(angle), s = sin(angle);
                const float *sample = x + n * FRAME + 2 * j;
                re -= sample[0] * c - sample[1] * s, im -= sample[0] * s + sample[1] * c;
            }
            CHECK(hypot(re, im) < 64 * 3e-7);
        }
    sr_fft64(x, frames, x);
    CHECK(memcmp(x, y, 4 * frames * FRAME) == 0);
    free_floats(x, frames * FRAME), free_floats(y, frames * FRAME);
}

static void refusals(void) {
    float taps[SR_CHANNELIZER_TAPS] = {0}, threshold[SR_CHANNELS] = {0};
    uint8_t state[16384];
    struct sr_burst out[SR_CHANNELS];
    size_t done, used;
    CHECK(sr_channelizer_start(state, sr_channelizer_size() - 1, taps) == SR_TOO_SMALL);
    taps[511] = INFINITY;
    CHECK(sr_channelizer_start(state, sizeof state, taps) == SR_BAD_ARGUMENT);
    CHECK(sr_bursts_start(state, sr_bursts_size() - 1, threshold, 0, 1) == SR_TOO_SMALL);
    CHECK(sr_bursts_start(state, sizeof state, threshold, 0, 1) == SR_OK);
    CHECK(sr_bursts_find(state, taps, 1, out, SR_CHANNELS - 1, &done, &used) == SR_TOO_SMALL);
    CHECK(sr_bursts_finish(state, out, SR_CHANNELS - 1, &used) == SR_TOO_SMALL);
    threshold[9] = NAN;
    CHECK(sr_bursts_start(state, sizeof state, threshold, 0, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_noise_floor(taps, 0, threshold, threshold) == SR_BAD_ARGUMENT);
}

/* Power of channel 5 frame by frame, all others silent; 2 is above the threshold of 1. */
static void bursts(void) {
    static const uint8_t amplitudes[] = {0, 2, 3, 0, 0, 2, 0, 0, 0, 2, 2, 2, 1, 0, 0, 0, 2, 0, 2, 2};
    enum { FRAMES = sizeof amplitudes, CHANNEL = 5 };
    float *y = (float *)guarded(4 * FRAMES * FRAME), threshold[SR_CHANNELS];
    memset(y, 0, 4 * FRAMES * FRAME);
    for (int n = 0; n < FRAMES; n++) y[n * FRAME + 2 * CHANNEL + n % 2] = amplitudes[n];
    for (int k = 0; k < SR_CHANNELS; k++) threshold[k] = 1;
    for (size_t piece = 1; piece <= FRAMES; piece++) {
        uint8_t state[16384];
        struct sr_burst out[SR_CHANNELS + 4];
        size_t told = 0, done, used;
        CHECK(sr_bursts_start(state, sizeof state, threshold, 2, 3) == SR_OK);
        for (size_t at = 0; at < FRAMES; at += done, told += used)
            CHECK(sr_bursts_find(state, y + at * FRAME, at + piece < FRAMES ? piece : FRAMES - at, out + told,
                                 SR_CHANNELS, &done, &used) == SR_OK &&
                  done > 0);
        CHECK(sr_bursts_finish(state, out + told, SR_CHANNELS, &used) == SR_OK);
        CHECK(told + used == 3);
        CHECK(out[0].start == 1 && out[0].length == 5 && out[0].power == 17. / 5 && out[0].channel == CHANNEL);
        CHECK(out[1].start == 9 && out[1].length == 3 && out[1].power == 4);
        CHECK(out[2].start == 16 && out[2].length == 4 && out[2].power == 3);
    }
    release((uint8_t *)y, 4 * FRAMES * FRAME);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void floor_and_power(size_t frames, uint64_t *random) {
    float *y = floats(frames * FRAME, random), *scratch = floats(frames, random), *sorted = floats(frames, random);
    float floor[SR_CHANNELS];
    double power[SR_CHANNELS] = {0};
    CHECK(sr_noise_floor(y, frames, floor, scratch) == SR_OK);
    sr_channel_power(y, frames, power);
    for (size_t k = 0; k < SR_CHANNELS; k++) {
        double sum = 0;
        for (size_t n = 0; n < frames; n++) {
            const float *value = y + n * FRAME + 2 * k;
            sorted[n] = value[0] * value[0] + value[1] * value[1];
            sum += (double)value[0] * value[0] + (double)value[1] * value[1];
        }
        qsort(sorted, frames, sizeof *sorted, ascending);
        CHECK(floor[k] == sorted[(frames - 1) / 2] / 0.69314718F);
        CHECK(power[k] == sum);
    }
    free_floats(y, frames * FRAME), free_floats(scratch, frames), free_floats(sorted, frames);
}

/* Whichever bit flips in the state of a stream: frames or bursts are wrong, or SR_CORRUPT comes back, and nothing
 * outside is touched. */
static void memory_that_changed_is_survived(uint64_t *random) {
    enum { SAMPLES = 100, FRAMES = 3 };
    const size_t size = sr_channelizer_size(), bursts_size = sr_bursts_size();
    uint8_t *kept = malloc(size), *state = guarded(size), *kept_bursts = malloc(bursts_size),
            *detector = guarded(bursts_size);
    float *taps = floats(SR_CHANNELIZER_TAPS, random), *in = floats(2 * SAMPLES, random), threshold[SR_CHANNELS] = {0};
    float *out = floats(FRAMES * FRAME, random);
    CHECK(sr_channelizer_start(kept, size, taps) == SR_OK);
    CHECK(sr_channelize(kept, in, 70, (float[FRAME]){0}, 1) == SR_OK);
    FOR_EACH_FLIP(kept, size) {
        memcpy(state, kept, size);
        const size_t frames = sr_channelizer_frames(state, SAMPLES);
        CHECK(frames < FRAMES);
        int status = sr_channelize(state, in, SAMPLES, out + (FRAMES - frames % FRAMES) * FRAME, frames % FRAMES);
        CHECK(status == SR_OK || status == SR_CORRUPT);
    }
    free_floats(out, FRAMES * FRAME);
    float *spectra = floats(FRAMES * FRAME, random);
    CHECK(sr_bursts_start(kept_bursts, bursts_size, threshold, 1, 1) == SR_OK);
    FOR_EACH_FLIP(kept_bursts, bursts_size) {
        struct sr_burst told[2 * SR_CHANNELS];
        size_t done, used;
        memcpy(detector, kept_bursts, bursts_size);
        CHECK(sr_bursts_find(detector, spectra, FRAMES, told, 2 * SR_CHANNELS, &done, &used) == SR_OK);
        CHECK(used <= 2 * SR_CHANNELS && sr_bursts_finish(detector, told, SR_CHANNELS, &used) == SR_OK);
    }
    free_floats(taps, SR_CHANNELIZER_TAPS), free_floats(in, 2 * SAMPLES), free_floats(spectra, FRAMES * FRAME);
    free(kept), free(kept_bursts), release(state, size), release(detector, bursts_size);
}

int main(void) {
    START();
    uint64_t random = 4;
    for (size_t count = 0; count < 2300; count += 97) stream(count, &random);
    stream(1024, &random), stream(64 * 40 + 63, &random);
    for (size_t frames = 1; frames < 40; frames += 6) floor_and_power(frames, &random);
    for (size_t frames = 0; frames < 40; frames += 3) transforms(frames, &random);
    bursts();
    refusals();
    memory_that_changed_is_survived(&random);
    CHECK(sr_selftest_channelize() == SR_OK);
    DONE();
}
