#include "channelize/ops.h"

/* Taps that let only the newest 64 samples pass: a frame is then their FFT. */
static void last_branch(float *taps) {
    for (int i = 0; i < SR_CHANNELIZER_TAPS; i++) taps[i] = i >= KEPT ? 1 : 0;
}

/* FNV-1a, a hash: one number that stands for all results. */
static uint64_t hash(const void *data, size_t size) {
    const uint8_t *octets = data;
    uint64_t state = 0xCBF29CE484222325;
    for (size_t i = 0; i < size; i++) state = (state ^ octets[i]) * 0x100000001B3;
    return state;
}

/* Go all ways through the code: whole blocks, the rest of one, frames that need samples of an earlier call, powers,
 * bursts. Returns a hash of the results. */
static uint64_t of_all_paths(void) {
    enum { COUNT = 20 * CHANNELS, CUT = 100 };
    _Alignas(8) uint8_t state[16384];
    float taps[SR_CHANNELIZER_TAPS], in[2 * COUNT], out[20 * FRAME];
    for (int i = 0; i < SR_CHANNELIZER_TAPS; i++) taps[i] = (float)(i * 37 % 101 - 50) / 64;
    for (int i = 0; i < 2 * COUNT; i++) in[i] = (float)(i * 53 % 211 - 105) / 128;
    sr_channelizer_start(state, sizeof state, taps);
    sr_channelize(state, in, CUT, out, 20);
    sr_channelize(state, in + 2 * CUT, COUNT - CUT, out + CUT / CHANNELS * FRAME, 20);
    double power[CHANNELS] = {0};
    float threshold[CHANNELS];
    sr_channel_power(out, 20, power);
    for (int k = 0; k < CHANNELS; k++) threshold[k] = (float)power[k] / 20;
    struct sr_burst bursts[CHANNELS];
    size_t done, used;
    sr_bursts_start(state, sizeof state, threshold, 2, 5);
    sr_bursts_find(state, out, 20, bursts, CHANNELS, &done, &used);
    return hash(out, sizeof out) ^ hash(power, sizeof power) ^ hash(bursts, used * sizeof *bursts);
}

int sr_selftest_channelize(void) {
    enum { TONE = 16 }; /* a quarter of the sample rate: 1, i, -1, -i */
    static const float QUARTERS[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    _Alignas(8) uint8_t state[16384];
    float taps[SR_CHANNELIZER_TAPS], in[FRAME], out[FRAME];
    last_branch(taps);
    for (int i = 0; i < CHANNELS; i++) in[2 * i] = QUARTERS[i % 4][0], in[2 * i + 1] = QUARTERS[i % 4][1];
    sr_channelizer_start(state, sizeof state, taps);
    int right = sr_channelize(state, in, CHANNELS, out, 1) == SR_OK;
    for (int i = 0; i < FRAME; i++) right &= out[i] == (float)(i == 2 * TONE ? CHANNELS : 0);
    return right && of_all_paths() == 0xD7ED80D468A130B3 ? SR_OK : SR_CORRUPT;
}
