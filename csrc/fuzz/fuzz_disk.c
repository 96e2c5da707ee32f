/* Any image, any radius: every level gives the octets of the portable level. */
#include "fuzz.h"
#include "skyrack/disk.h"

static void mean(const struct input *input, size_t cols, unsigned radius, void *scratch, size_t scratch_size) {
    size_t rows = input->size / 4 / cols, octets = 4 * rows * cols;
    float *in = owned(input->octets, octets), *first = owned(NULL, octets), *out = owned(NULL, octets);
    sr_level_select("portable");
    int status = sr_disk_mean_f32(in, rows, cols, radius, first, scratch, scratch_size);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_disk_mean_f32(in, rows, cols, radius, out, scratch, scratch_size) == status);
        REQUIRE(status != SR_OK || memcmp(first, out, octets) == 0);
    }
    free(in), free(first), free(out);
}

static void dilation(const struct input *input, size_t cols, unsigned radius, void *scratch, size_t scratch_size) {
    size_t rows = input->size / cols, octets = rows * cols;
    uint8_t *in = owned(input->octets, octets), *first = owned(NULL, octets), *out = owned(NULL, octets);
    sr_level_select("portable");
    int status = sr_disk_dilate_u8(in, rows, cols, radius, first, scratch, scratch_size);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_disk_dilate_u8(in, rows, cols, radius, out, scratch, scratch_size) == status);
        for (size_t i = 0; status == SR_OK && i < octets; i++) REQUIRE(first[i] == out[i] && out[i] >= (in[i] != 0));
    }
    free(in), free(first), free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    size_t cols = 1 + take(&input, 2) % 700;
    unsigned radius = (unsigned)take(&input, 1) % (SR_DISK_RADIUS_MAX + 2);
    if (radius > 8 && input.size > 512) input.size = 512; /* wide disks only on small images, for they take long */
    size_t scratch_size = sr_disk_scratch(cols, radius);
    void *scratch = owned(NULL, scratch_size);
    mean(&input, cols, radius, scratch, scratch_size);
    dilation(&input, cols, radius, scratch, scratch_size);
    free(scratch);
    return 0;
}
