/* Any frame, any tables: every level gives the octets of the portable level. */
#include "fuzz.h"
#include "skyrack/calibrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    size_t cols = take(&input, 1), row_octets = sr_raw12_row_octets(cols), table_octets = 4 * cols;
    size_t stride = row_octets + take(&input, 1) % 4;
    if (input.size < 2 * table_octets) return 0;
    float *dark = owned(input.octets, table_octets), *gain = owned(input.octets + table_octets, table_octets);
    size_t left = input.size - 2 * table_octets, rows = stride ? left / stride : 1, samples = rows * cols;
    uint8_t *packed = owned(input.octets + 2 * table_octets, rows * stride);
    uint16_t *first = owned(NULL, 2 * samples), *out = owned(NULL, 2 * samples);
    sr_level_select("portable");
    int status = sr_calibrate_raw12(packed, stride, rows, cols, dark, gain, 0, first);
    REQUIRE(status == (cols && cols % 2 == 0 ? SR_OK : SR_BAD_ARGUMENT));
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_calibrate_raw12(packed, stride, rows, cols, dark, gain, 0, out) == status);
        REQUIRE(status != SR_OK || memcmp(first, out, 2 * samples) == 0);
    }
    free(dark), free(gain), free(packed), free(first), free(out);
    return 0;
}
