/* sr_nets_conv of skyrack/nets.h on a device, without its checks: one thread for each number of the output, whose
 * products are added up in the order that the C library has, each fused with its addition. */
#include "device.h"
extern "C" {
#include "nets/ops.h"
}

namespace {

constexpr unsigned THREADS = 128;

struct Work {
    sr_nets_window window;
    uint32_t rows, cols; /* of the output */
    const float *weights, *bias, *in;
    float *out;
};

/* The sum of a window's products with the weights of output `o`; pixels around the image are zeros. */
__device__ float convolved(const Work &work, long long top, long long left, size_t o) {
    const sr_nets_window &w = work.window;
    const size_t channels = w.channels, taps = (size_t)w.size * w.size;
    const float *weights = work.weights + o / NETS_WIDTH * taps * channels * NETS_WIDTH + o % NETS_WIDTH;
    float sum = work.bias[o];
    for (size_t chunk = 0; chunk < channels; chunk += NETS_CHUNK) {
        const size_t width = channels - chunk < NETS_CHUNK ? channels - chunk : NETS_CHUNK;
        for (size_t tap = 0; tap < taps; tap++, weights += width * NETS_WIDTH) {
            const long long row = top + (long long)(tap / w.size), col = left + (long long)(tap % w.size);
            if (row < 0 || col < 0 || row >= w.rows || col >= w.cols) continue;
            const float *x = work.in + ((size_t)row * w.cols + (size_t)col) * channels + chunk;
            for (size_t c = 0; c < width; c++) sum = __fmaf_rn(x[c], weights[c * NETS_WIDTH], sum);
        }
    }
    return sum;
}

__global__ void convolve(Work work) {
    const sr_nets_window &w = work.window;
    const size_t number = (size_t)blockIdx.x * THREADS + threadIdx.x, pixel = number / w.outputs;
    if (pixel >= (size_t)work.rows * work.cols) return;
    const long long top = (long long)(pixel / work.cols) * w.stride - w.top;
    const long long left = (long long)(pixel % work.cols) * w.stride - w.left;
    float sum = convolved(work, top, left, number % w.outputs);
    if (w.activation == SR_NETS_RELU) sum = sum < 0 ? 0 : sum;
    if (w.activation == SR_NETS_SIGMOID) sum = 1 / (1 + expf(-sum));
    work.out[number] = sum;
}

} // namespace

extern "C" int sr_nets_conv(const sr_nets_window *window, const void *packed, const float *in, float *out, void *,
                            size_t, sr_nets_check *check) {
    const sr_nets_window &w = *window;
    if (check) return SR_UNSUPPORTED;
    const uint64_t high = (uint64_t)w.rows + w.top + w.bottom, broad = (uint64_t)w.cols + w.left + w.right;
    if (!w.size || !w.stride || !w.outputs || !w.channels || high < w.size || broad < w.size) return SR_BAD_ARGUMENT;
    const uint32_t rows = (uint32_t)((high - w.size) / w.stride + 1),
                   cols = (uint32_t)((broad - w.size) / w.stride + 1);
    const size_t taps = (size_t)w.size * w.size, groups = (w.outputs + NETS_WIDTH - 1) / NETS_WIDTH;
    const size_t weights = taps * w.channels * groups * NETS_WIDTH, sums = 1 + (taps + 1) * w.channels;
    const size_t layer = (weights + groups * NETS_WIDTH) * sizeof(float), image = (size_t)w.rows * w.cols * w.channels;
    const size_t numbers = (size_t)rows * cols * w.outputs;
    const Device layer_there(layer), in_there(image * sizeof(float)), out_there(numbers * sizeof(float));
    bool good = layer_there.good() && in_there.good() && out_there.good();
    good = good && layer_there.take(static_cast<const double *>(packed) + sums, layer);
    if (!good || !in_there.take(in, image * sizeof(float))) return SR_UNSUPPORTED;
    const Work work = {w,
                       rows,
                       cols,
                       layer_there.as<float>(),
                       layer_there.as<float>() + weights,
                       in_there.as<float>(),
                       out_there.as<float>()};
    convolve<<<(unsigned)((numbers + THREADS - 1) / THREADS), THREADS>>>(work);
    return out_there.give(out, numbers * sizeof(float)) ? SR_OK : SR_UNSUPPORTED;
}
