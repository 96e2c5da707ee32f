/* Cyclic redundancy checks of frames, packets and files.
 *
 * CRC-16 is the frame and packet error control of CCSDS 132.0-B-3 §4.1.6, 232.0-B-4 §4.1.4 and ECSS-E-ST-70-41C
 * annex B: x^16 + x^12 + x^5 + 1, most significant bit first, nothing added at the end. The check of a frame with its
 * own CRC appended is 0.
 * CRC-32C is the file checksum 2 of CCSDS 727.0-B-5 and the bundle CRC of RFC 9171 §4.2.1: 0x1EDC6F41, least
 * significant bit first, complemented before and after. */
#ifndef SKYRACK_CRC_H
#define SKYRACK_CRC_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum sr_crc_start {
    SR_CRC16_START = 0xFFFF, /* `initial` of the first call */
    SR_CRC32C_START = 0
};

/* CRC of `size` octets. To go on where an earlier call ended, pass what it returned as `initial`. */
uint16_t sr_crc16(const uint8_t *octets, size_t size, uint16_t initial);
uint32_t sr_crc32c(const uint8_t *octets, size_t size, uint32_t initial);

/* CRC of each of `count` frames.
 *   frames    frame i is `length` octets at frames + i * stride; frames may overlap (stride < length)
 *   out       room for `count` values; does not overlap `frames` */
void sr_crc16_batch(const uint8_t *frames, size_t stride, size_t length, size_t count, uint16_t *out);
void sr_crc32c_batch(const uint8_t *frames, size_t stride, size_t length, size_t count, uint32_t *out);

/* CRC of each of `count` ranges of one buffer: packets in a stream.
 *   octets    `size` octets
 *   offsets   of the first octet of each range
 *   lengths   in octets
 *   out       room for `count` values
 * Returns SR_OK, or SR_BAD_ARGUMENT where a range does not lie inside the buffer, leaving `out` as it was. */
int sr_crc16_ranges(const uint8_t *octets, size_t size, const int64_t *offsets, const int64_t *lengths, size_t count,
                    uint16_t *out);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_crc(void);

#ifdef __cplusplus
}
#endif
#endif
