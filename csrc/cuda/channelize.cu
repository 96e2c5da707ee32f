/* sr_channelize of skyrack/channelize.h on a device: 64 threads for each frame, each with one branch of the filter and
 * then with one result of the FFT, which is made as 8 x 8. Equal to the C library within 3e-7 of full scale; the state
 * is the C library's own. */
#include "device.h"
extern "C" {
#include "channelize/stream.h"
}

namespace {

constexpr int FRAMES_A_BLOCK = 4;

__constant__ float2 TURNS[CHANNELS]; /* exp(-2 pi i n / 64) */

__device__ float2 plus_product(float2 sum, float2 a, float2 b) {
    return make_float2(sum.x + (a.x * b.x - a.y * b.y), sum.y + (a.x * b.y + a.y * b.x));
}

/* Make frame n from samples 64 n .. 64 n + 511 of `in`. Input m = 8 p + q of the FFT, result k = r + 8 s: sums over p
 * first, then over q. */
__global__ void frames_of(const float2 *in, const float2 *taps, size_t frames, float2 *out) {
    __shared__ float2 room[2][FRAMES_A_BLOCK][CHANNELS];
    const int m = threadIdx.x, here = threadIdx.y;
    const size_t frame = (size_t)blockIdx.x * FRAMES_A_BLOCK + here;
    float2 sum = make_float2(0, 0);
    for (int t = 0; frame < frames && t < TAPS; t++) {
        const float2 sample = in[(frame + t) * CHANNELS + m];
        const float tap = taps[t * CHANNELS + m].x;
        sum.x += tap * sample.x, sum.y += tap * sample.y;
    }
    room[0][here][m] = sum;
    __syncthreads();
    const int r = m / 8, q = m % 8;
    sum = make_float2(0, 0);
    for (int p = 0; p < 8; p++) sum = plus_product(sum, room[0][here][8 * p + q], TURNS[8 * p * r % CHANNELS]);
    room[1][here][8 * r + q] = plus_product(make_float2(0, 0), sum, TURNS[q * r]);
    __syncthreads();
    const int k = m, low = k % 8, high = k / 8;
    sum = make_float2(0, 0);
    for (int i = 0; i < 8; i++) sum = plus_product(sum, room[1][here][8 * low + i], TURNS[8 * i * high % CHANNELS]);
    if (frame < frames) out[frame * CHANNELS + k] = sum;
}

bool set_turns() {
    float2 turns[CHANNELS];
    for (int n = 0; n < CHANNELS; n++) {
        double angle = -2 * 3.14159265358979323846 * n / CHANNELS;
        turns[n] = make_float2((float)__builtin_cos(angle), (float)__builtin_sin(angle));
    }
    return cudaMemcpyToSymbol(TURNS, turns, sizeof turns) == cudaSuccess;
}

} // namespace

extern "C" int sr_channelize(void *state, const float *in, size_t count, float *out, size_t out_frames) {
    channelizer *c = static_cast<channelizer *>(state);
    if (!is_sound(c)) return SR_CORRUPT;
    const size_t frames = (c->held - KEPT + count) / CHANNELS, sample = 2 * sizeof(float);
    if (frames > out_frames) return SR_TOO_SMALL;
    if (frames) {
        const Device in_there((c->held + count) * sample), taps_there(sizeof c->taps),
            out_there(frames * CHANNELS * sample);
        bool good = in_there.good() && taps_there.good() && out_there.good() && set_turns();
        good =
            good && in_there.take(c->samples, c->held * sample) && in_there.take(in, count * sample, c->held * sample);
        if (!good || !taps_there.take(c->taps, sizeof c->taps)) return SR_UNSUPPORTED;
        frames_of<<<(unsigned)((frames + FRAMES_A_BLOCK - 1) / FRAMES_A_BLOCK), dim3(CHANNELS, FRAMES_A_BLOCK)>>>(
            in_there.as<float2>(), taps_there.as<float2>(), frames, out_there.as<float2>());
        if (!out_there.give(out, frames * CHANNELS * sample)) return SR_UNSUPPORTED;
    }
    if (count) keep_samples(c, frames * CHANNELS, in, count);
    return SR_OK;
}
