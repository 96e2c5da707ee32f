#include "count.h"
#include "skyrack/channelize.h"

enum { FRAMES = 64, SAMPLES = FRAMES * SR_CHANNELS };
static float in[2 * SAMPLES], out[2 * SAMPLES], taps[SR_CHANNELIZER_TAPS], scratch[FRAMES], level[SR_CHANNELS];
static int16_t noise[2 * SAMPLES];
static uint64_t state[2048];
static double power[SR_CHANNELS];
static struct sr_burst bursts[1024];

int main(void) {
    size_t done, used;
    fill(noise, sizeof noise);
    for (size_t i = 0; i < 2 * SAMPLES; i++) in[i] = (float)noise[i] / 32768;
    for (size_t i = 0; i < SR_CHANNELIZER_TAPS; i++) taps[i] = (float)noise[i] / 32768;
    sr_channelizer_start(state, sizeof state, taps);
    COUNT("64 frames", sr_channelize(state, in, SAMPLES, out, FRAMES));
    COUNT("64 FFTs", sr_fft64(in, FRAMES, out));
    COUNT("power of 64 frames", sr_channel_power(out, FRAMES, power));
    COUNT("noise floor of 64 frames", sr_noise_floor(out, FRAMES, level, scratch));
    sr_bursts_start(state, sizeof state, level, 1, 2);
    COUNT("bursts in 64 frames of noise", sr_bursts_find(state, out, FRAMES, bursts, 1024, &done, &used));
    return 0;
}
