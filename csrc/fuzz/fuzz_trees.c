/* Arbitrary octets as a forest, their check sequence corrected: what can be loaded can be scored with any codes, and
 * every level, for many samples at once or for one alone, gives the same sums to the bit. The code of any number is how
 * many limits lie below it. */
#include "fuzz.h"
#include "skyrack/crc.h"
#include "skyrack/trees.h"

enum { COUNT = 70, LIMITS = 255 };

static void score(const void *loaded, size_t room, size_t features, const uint8_t *input, size_t size) {
    const size_t scratch_size = sr_trees_scratch(loaded);
    uint8_t *codes = owned(NULL, features * COUNT);
    double *first = owned(NULL, COUNT * sizeof *first), *sums = owned(NULL, COUNT * sizeof *sums);
    double *scratch = owned(NULL, scratch_size), alone;
    for (size_t i = 0; i < features * COUNT; i++) codes[i] = input[i % size];
    int levels = 0;
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_trees_score(loaded, room, codes, features, COUNT, COUNT, sums, scratch, scratch_size) == SR_OK);
        if (levels++) REQUIRE(memcmp(first, sums, COUNT * sizeof *sums) == 0);
        memcpy(first, sums, COUNT * sizeof *sums);
        const size_t place = size % COUNT;
        REQUIRE(sr_trees_score(loaded, room, codes + place, features, COUNT, 1, &alone, scratch, scratch_size) ==
                SR_OK);
        REQUIRE(memcmp(&alone, sums + place, sizeof alone) == 0);
    }
    free(codes), free(first), free(sums), free(scratch);
}

static void forest(const uint8_t *input, size_t size) {
    uint8_t *forest = owned(input, size);
    memcpy(forest, "SRT2", 4); /* NOLINT(bugprone-not-null-terminated-result): four octets, no string */
    uint32_t crc = sr_crc32c(forest, size - 4, SR_CRC32C_START);
    memcpy(forest + size - 4, &crc, 4);
    size_t room = sr_trees_loaded_size(forest, size);
    if (room && room < 1 << 20) {
        void *loaded = owned(NULL, room);
        if (sr_trees_load(forest, size, loaded, room) == SR_OK)
            score(loaded, room, forest[4] | (size_t)forest[5] << 8, input, size);
        free(loaded);
    }
    free(forest);
}

static int upward(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void quantise(const uint8_t *octets, size_t size) {
    struct input input = {octets, size};
    const uint8_t missing = (uint8_t)take(&input, 1);
    const size_t known = take(&input, 1) % (LIMITS + 1), count = input.size / 4 < COUNT ? input.size / 4 : COUNT;
    float limits[LIMITS], *values = owned(input.octets, count * sizeof *values);
    double wide_limits[LIMITS], *wide = owned(NULL, count * sizeof *wide);
    uint8_t *codes = owned(NULL, count), *wide_codes = owned(NULL, count);
    for (size_t i = 0; i < LIMITS; i++) limits[i] = i < known ? (float)(int16_t)take(&input, 2) / 64 : 1.0F / 0.0F;
    qsort(limits, LIMITS, sizeof *limits, upward);
    for (size_t i = 0; i < LIMITS; i++) wide_limits[i] = (double)limits[i];
    for (size_t i = 0; i < count; i++) wide[i] = (double)values[i];
    ON_EACH_LEVEL(level) {
        sr_trees_quantise_f32(values, count, limits, missing, codes);
        sr_trees_quantise_f64(wide, count, wide_limits, missing, wide_codes);
        for (size_t i = 0; i < count; i++) {
            size_t below = 0;
            while (below < LIMITS && limits[below] < values[i]) below++;
            REQUIRE(codes[i] == (values[i] != values[i] ? missing : below) && wide_codes[i] == codes[i]);
        }
    }
    free(values), free(wide), free(codes), free(wide_codes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 8) forest(data, size), quantise(data, size);
    return 0;
}
