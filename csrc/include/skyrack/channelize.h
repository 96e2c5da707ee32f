/* Polyphase channelizer: a band of complex samples split into 64 channels, each 1/64 of it, and what is heard there:
 * power, noise floor, bursts (f. harris, Multirate Signal Processing for Communication Systems, 2004, ch. 6).
 *
 * Frame n is made from the 512 samples that end with sample 64 n + 63, those before the first being zeros:
 *     y[n][k] = sum over j = 0..511 of taps[j] * x[64 (n - 7) + j] * exp(-2 pi i j k / 64),
 * channel k being centred at k / 64 of the sample rate, and channels above 32 at negative frequencies. A complex number
 * is two floats, real part first; a frame is 64 of them. All levels give the same octets, but for the bits of NaN,
 * which comes out where infinities or NaN came in. */
#ifndef SKYRACK_CHANNELIZE_H
#define SKYRACK_CHANNELIZE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum {
    SR_CHANNELS = 64,
    SR_CHANNEL_TAPS = 8, /* of each channel's branch */
    SR_CHANNELIZER_TAPS = SR_CHANNELS * SR_CHANNEL_TAPS
};

/* Octets of a channelizer's state. */
size_t sr_channelizer_size(void);

/* Begin a stream, as if only zeros had been received before it.
 *   state   sr_channelizer_size() octets
 *   taps    SR_CHANNELIZER_TAPS coefficients of the low-pass filter, finite
 * Returns SR_OK, SR_BAD_ARGUMENT for taps that are not finite, SR_TOO_SMALL. */
int sr_channelizer_start(void *state, size_t state_size, const float *taps);

/* Frames that the next `count` samples will complete; 0 for a state whose memory has changed. */
size_t sr_channelizer_frames(const void *state, size_t count);

/* Take `count` samples and write the frames that they complete; however a stream is cut, its frames are the same.
 *   in       2 * count floats; does not overlap `out`
 *   out      room for out_frames frames
 * Returns SR_OK; SR_TOO_SMALL, nothing being taken, where sr_channelizer_frames() says more than out_frames;
 * SR_CORRUPT, nothing being taken either, where the state's memory has changed so that nothing could be. */
int sr_channelize(void *state, const float *in, size_t count, float *out, size_t out_frames);

/* FFT of 64 of each of `frames` frames of samples: y[k] = sum over j = 0..63 of x[j] * exp(-2 pi i j k / 64).
 * `out` is the same memory as `in`, or apart from it. */
void sr_fft64(const float *in, size_t frames, float *out);

/* Add |y|^2 of each channel to power[SR_CHANNELS], frame after frame: exact products, binary64 sums. */
void sr_channel_power(const float *spectra, size_t frames, double *power);

/* Noise power of each channel: the median of |y|^2 over the frames, over ln 2, which is the mean where noise is
 * Gaussian, and hardly moves while bursts fill less than half of the time. NaN sorts above all numbers.
 *   scratch   `frames` floats
 * Returns SR_OK, or SR_BAD_ARGUMENT for no frames. */
int sr_noise_floor(const float *spectra, size_t frames, float *floor, float *scratch);

/* A signal that stayed above its channel's threshold. */
struct sr_burst {
    uint64_t start;  /* its first frame, counted from the start of the stream */
    uint64_t length; /* in frames, up to the last one above the threshold */
    double power;    /* mean of |y|^2 over them */
    uint64_t channel;
};

/* Octets of a burst detector's state. */
size_t sr_bursts_size(void);

/* Begin a stream of frames.
 *   threshold    of |y|^2, one a channel
 *   gap_max      frames below the threshold that a burst may hold in a row
 *   length_min   shorter bursts are not reported
 * Returns SR_OK; SR_BAD_ARGUMENT for a threshold that is NaN; SR_TOO_SMALL. */
int sr_bursts_start(void *state, size_t state_size, const float *threshold, uint32_t gap_max, uint32_t length_min);

/* Look at the next frames, and report the bursts that ended within them, in order of their ends.
 *   out_max       at least SR_CHANNELS
 *   frames_done   how many frames were taken: all of them, unless more bursts might have ended than out_max
 *   out_used      bursts reported
 * Returns SR_OK, or SR_TOO_SMALL. However a stream is cut, its bursts are the same. */
int sr_bursts_find(void *state, const float *spectra, size_t frames, struct sr_burst *out, size_t out_max,
                   size_t *frames_done, size_t *out_used);

/* End the stream: report the bursts that still last, lowest channel first. Otherwise as sr_bursts_find. */
int sr_bursts_finish(void *state, struct sr_burst *out, size_t out_max, size_t *out_used);

/* SR_OK if the level in use gives the stored answers (some microseconds), else SR_CORRUPT. */
int sr_selftest_channelize(void);

#ifdef __cplusplus
}
#endif
#endif
