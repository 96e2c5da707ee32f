/* Cut anywhere, on every level, the CRC is the same; ranges are inside the buffer or refused. */
#include "fuzz.h"
#include "skyrack/crc.h"

static void cut_anywhere(const uint8_t *octets, size_t size, size_t cut, uint32_t initial) {
    sr_level_select("portable");
    const uint16_t crc16 = sr_crc16(octets, size, (uint16_t)initial);
    const uint32_t crc32c = sr_crc32c(octets, size, initial);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_crc16(octets + cut, size - cut, sr_crc16(octets, cut, (uint16_t)initial)) == crc16);
        REQUIRE(sr_crc32c(octets + cut, size - cut, sr_crc32c(octets, cut, initial)) == crc32c);
    }
}

static void batch(const uint8_t *octets, size_t size, size_t stride, size_t length) {
    if (length > size) return;
    size_t count = stride ? (size - length) / stride + 1 : 3;
    uint16_t *crcs = owned(NULL, count * sizeof *crcs);
    ON_EACH_LEVEL(level) {
        sr_crc16_batch(octets, stride, length, count, crcs);
        for (size_t i = 0; i < count; i++) REQUIRE(crcs[i] == sr_crc16(octets + i * stride, length, SR_CRC16_START));
    }
    free(crcs);
}

static void ranges(const uint8_t *octets, size_t size, int64_t offset, int64_t length) {
    const int64_t offsets[] = {0, offset}, lengths[] = {(int64_t)size, length};
    uint16_t crcs[2];
    int inside = offset >= 0 && length >= 0 && (uint64_t)offset <= size && (uint64_t)length <= size - (uint64_t)offset;
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_crc16_ranges(octets, size, offsets, lengths, 2, crcs) == (inside ? SR_OK : SR_BAD_ARGUMENT));
        if (inside) REQUIRE(crcs[1] == sr_crc16(octets + offset, (size_t)length, SR_CRC16_START));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    uint32_t initial = (uint32_t)take(&input, 4);
    size_t cut = take(&input, 2), stride = take(&input, 1), length = take(&input, 2);
    int64_t offset = (int64_t)take(&input, 8), range = (int64_t)take(&input, 8);
    uint8_t *octets = owned(input.octets, input.size);
    cut_anywhere(octets, input.size, cut % (input.size + 1), initial);
    batch(octets, input.size, stride, length);
    ranges(octets, input.size, offset, range);
    free(octets);
    return 0;
}
