#include "crc/ops.h"
#include "level.h"

static const struct crc_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &crc_portable,
                                                        SR_ON_X86([SR_AVX2] = &crc_avx2, [SR_AVX512] = &crc_avx512)
                                                            SR_ON_ARM([SR_NEON] = &crc_neon)};

static uint16_t swapped(uint32_t state) { return __builtin_bswap16((uint16_t)state); }

uint16_t sr_crc16(const uint8_t *octets, size_t size, uint16_t initial) {
    return swapped(SR_PICK(TABLES)->update(&crc16_code, swapped(initial), octets, size));
}

uint32_t sr_crc32c(const uint8_t *octets, size_t size, uint32_t initial) {
    return ~SR_PICK(TABLES)->update(&crc32c_code, ~initial, octets, size);
}

enum { PORTION = 64 }; /* frames of a batch that are done at a time, so that their states fit on the stack */

void sr_crc16_batch(const uint8_t *frames, size_t stride, size_t length, size_t count, uint16_t *out) {
    const struct crc_ops *ops = SR_PICK(TABLES);
    uint32_t states[PORTION];
    for (size_t done = 0; done < count; done += PORTION) {
        size_t portion = count - done < PORTION ? count - done : PORTION;
        ops->batch(&crc16_code, swapped(SR_CRC16_START), frames + done * stride, stride, length, portion, states);
        for (size_t i = 0; i < portion; i++) out[done + i] = swapped(states[i]);
    }
}

void sr_crc32c_batch(const uint8_t *frames, size_t stride, size_t length, size_t count, uint32_t *out) {
    SR_PICK(TABLES)->batch(&crc32c_code, ~(uint32_t)SR_CRC32C_START, frames, stride, length, count, out);
    for (size_t i = 0; i < count; i++) out[i] = ~out[i];
}

static int inside(int64_t offset, int64_t length, size_t size) {
    return offset >= 0 && length >= 0 && (uint64_t)offset <= size && (uint64_t)length <= size - (uint64_t)offset;
}

int sr_crc16_ranges(const uint8_t *octets, size_t size, const int64_t *offsets, const int64_t *lengths, size_t count,
                    uint16_t *out) {
    const struct crc_ops *ops = SR_PICK(TABLES);
    for (size_t i = 0; i < count; i++)
        if (!inside(offsets[i], lengths[i], size)) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        out[i] = swapped(ops->update(&crc16_code, swapped(SR_CRC16_START), octets + offsets[i], (size_t)lengths[i]));
    return SR_OK;
}

int sr_selftest_crc(void) {
    static const uint8_t DIGITS[] = "123456789"; /* catalogues of CRCs print the CRC of these octets */
    if (sr_crc16(DIGITS, 9, SR_CRC16_START) != 0x29B1 || sr_crc32c(DIGITS, 9, SR_CRC32C_START) != 0xE3069283)
        return SR_CORRUPT;
    uint8_t ramp[699]; /* long enough for every way through the folding code */
    for (size_t i = 0; i < sizeof ramp; i++) ramp[i] = (uint8_t)i;
    uint16_t crc16[2];
    sr_crc16_batch(ramp, 0, sizeof ramp, 2, crc16);
    uint32_t crc32c = sr_crc32c(ramp, sizeof ramp, SR_CRC32C_START);
    return crc16[0] == 0x1E8D && crc16[1] == crc16[0] && crc32c == 0x38B7CAA1 ? SR_OK : SR_CORRUPT;
}
