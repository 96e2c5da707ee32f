/* The Lee filter between unreadable pages, against its formula, window by window. */
#include "check.h"
#include "skyrack/lee.h"
#include <math.h>

static size_t mirrored(long at, size_t size) {
    while (at < 0 || at >= (long)size) at = at < 0 ? -1 - at : 2 * (long)size - 1 - at;
    return (size_t)at;
}

static double expected(const float *in, size_t rows, size_t cols, size_t row, size_t col, double noise) {
    double sum = 0, spread = 0, n = 0, x = in[row * cols + col];
    for (int pass = 0; pass < 2; pass++) /* first the mean, then the squares of the differences from it */
        for (long r = (long)row - 3; r <= (long)row + 3; r++)
            for (long c = (long)col - 3; c <= (long)col + 3; c++) {
                double pixel = in[mirrored(r, rows) * cols + mirrored(c, cols)];
                if (!isfinite(pixel)) continue;
                if (pass == 0) sum += pixel, n++;
                else spread += (pixel - sum / n) * (pixel - sum / n);
            }
    return sum / n + spread / n / (spread / n + noise) * (x - sum / n);
}

static void image(size_t rows, size_t cols, double noise, uint64_t *state) {
    size_t size = 4 * rows * cols, scratch_size = sr_lee7_scratch(cols);
    float *in = (float *)guarded(size), *out = (float *)guarded(size);
    uint8_t *scratch = guarded(scratch_size);
    for (size_t i = 0; i < rows * cols; i++) in[i] = -40 + (float)(draw(state) >> 40) / (1 << 19);
    for (size_t i = 0; i < rows * cols / 9; i++) in[draw(state) % (rows * cols)] = i % 2 ? NAN : INFINITY;
    CHECK(sr_lee7_f32(in, rows, cols, noise, out, scratch, scratch_size) == SR_OK);
    for (size_t i = 0; i < rows * cols; i++) {
        double right = expected(in, rows, cols, i / cols, i % cols, noise);
        CHECK(isfinite(in[i]) ? fabs(out[i] - right) <= 1e-6 * fabs(right) : isnan(out[i]));
    }
    CHECK(sr_lee7_f32(in, rows, cols, noise, out, scratch, scratch_size - 1) == SR_TOO_SMALL);
    release((uint8_t *)in, size), release((uint8_t *)out, size), release(scratch, scratch_size);
}

int main(void) {
    START();
    uint64_t state = 9;
    float pixel[4] = {1, 2, 3, 4};
    uint8_t scratch[4096];
    for (size_t cols = 1; cols < 40; cols++) image(1 + cols % 9, cols, 0.5 + (double)cols, &state);
    image(12, 150, 3, &state);
    CHECK(sr_lee7_f32(pixel, 2, 2, 0, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_lee7_f32(pixel, 2, 2, NAN, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_lee7_f32(pixel, 2, 2, INFINITY, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_lee7_f32(pixel, 0, 2, 1, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_lee7_f32(pixel, 2, 0, 1, pixel, scratch, sizeof scratch) == SR_BAD_ARGUMENT);
    CHECK(sr_selftest_lee() == SR_OK);
    DONE();
}
