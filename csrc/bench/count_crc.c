#include "count.h"
#include "skyrack/crc.h"

enum { FRAMES = 20, LENGTH = 1115 };
static uint8_t frames[FRAMES * LENGTH];

int main(void) {
    static uint16_t short_crcs[FRAMES];
    static uint32_t long_crcs[FRAMES];
    fill(frames, sizeof frames);
    COUNT("CRC-16, a frame", short_crcs[0] = sr_crc16(frames, LENGTH, SR_CRC16_START));
    COUNT("CRC-16, 20 frames", sr_crc16_batch(frames, LENGTH, LENGTH, FRAMES, short_crcs));
    COUNT("CRC-16, 20 packets of 64 octets", sr_crc16_batch(frames, 64, 64, FRAMES, short_crcs));
    COUNT("CRC-32C, 22 KiB", long_crcs[0] = sr_crc32c(frames, sizeof frames, SR_CRC32C_START));
    return long_crcs[0] == short_crcs[0];
}
