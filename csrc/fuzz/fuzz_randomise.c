/* Any code, any frames: they are refused and not touched; or become the same octets on every level, nothing between
 * them is touched, and a second time gives the frames back. */
#include "fuzz.h"
#include "skyrack/randomise.h"

static void check(const uint8_t *before, size_t size, size_t stride, size_t length, size_t count, int code) {
    uint8_t *frames = owned(before, size), *wanted = owned(before, size);
    sr_level_select("portable");
    const int status = sr_randomise(wanted, stride, length, count, code);
    REQUIRE(status == SR_OK || memcmp(wanted, before, size) == 0);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_randomise(frames, stride, length, count, code) == status);
        REQUIRE(memcmp(frames, wanted, size) == 0);
        for (size_t i = 0; i < size; i++)
            if (i % (stride ? stride : size) >= length) REQUIRE(frames[i] == before[i]);
        sr_randomise(frames, stride, length, count, code);
        REQUIRE(memcmp(frames, before, size) == 0);
    }
    free(frames), free(wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    int code = (int8_t)take(&input, 1);
    size_t stride = take(&input, 2), length = take(&input, 2);
    if (length > input.size) length = input.size;
    size_t count = stride ? (input.size - length) / stride + 1 : 1;
    check(input.octets, input.size, stride, length, count, code);
    return 0;
}
