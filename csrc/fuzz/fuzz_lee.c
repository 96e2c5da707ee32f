/* Any image, any variance: every level gives the octets of the portable level, and pixels that were finite remain
 * so. */
#include "fuzz.h"
#include "skyrack/lee.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    size_t cols = 1 + take(&input, 1);
    uint64_t bits = take(&input, 8);
    double noise_variance;
    memcpy(&noise_variance, &bits, sizeof bits);
    size_t rows = input.size / 4 / cols;
    if (!rows) return 0;
    size_t octets = 4 * rows * cols, scratch_size = sr_lee7_scratch(cols);
    float *in = owned(input.octets, octets), *first = owned(NULL, octets), *out = owned(NULL, octets);
    void *scratch = owned(NULL, scratch_size);
    sr_level_select("portable");
    int status = sr_lee7_f32(in, rows, cols, noise_variance, first, scratch, scratch_size);
    REQUIRE(status == (noise_variance > 0 && noise_variance < __builtin_inf() ? SR_OK : SR_BAD_ARGUMENT));
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_lee7_f32(in, rows, cols, noise_variance, out, scratch, scratch_size) == status);
        REQUIRE(status != SR_OK || memcmp(first, out, octets) == 0);
    }
    for (size_t i = 0; status == SR_OK && i < rows * cols; i++) REQUIRE((in[i] - in[i] == 0) == (out[i] - out[i] == 0));
    free(in), free(first), free(out), free(scratch);
    return 0;
}
