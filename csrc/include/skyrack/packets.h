/* Space packets in a stream (CCSDS 133.0-B-2 §4.1): where each begins, how long it is, and what its header says.
 *
 * A header is believed only if it is that of a space packet (version 0), its APID and size are expected, and, where
 * packets are checked, the CRC-16 of the whole packet is 0. After a packet that is believed the search goes on behind
 * it; where no packet begins, it goes on at the next octet. So every undamaged packet is found, whatever damage lies
 * between. */
#ifndef SKYRACK_PACKETS_H
#define SKYRACK_PACKETS_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_PACKET_MIN = 7, SR_PACKET_MAX = 65542 };

struct sr_packet {
    int64_t offset;          /* of its first octet in the stream */
    int32_t size;            /* in octets, header included */
    uint16_t identification; /* version, type, secondary header flag, APID: the first two octets */
    uint16_t sequence;       /* sequence flags and count: the next two */
};

struct sr_packets_rules {
    uint32_t prefix;    /* octets of something else before each packet */
    uint32_t size_max;  /* SR_PACKET_MIN..SR_PACKET_MAX: longer packets are not believed */
    uint32_t checked;   /* 1: the last two octets of a packet are the CRC-16 of the others */
    uint32_t at_end;    /* 1: nothing follows the stream; 0: a packet that reaches past the end is waited for */
    uint8_t apids[256]; /* bit a % 8 of octet a / 8 is set: packets of APID a are believed */
};

/* Find packets from octet *at on.
 *   octets   the stream, `size` octets
 *   at       in: where to begin; out: where to go on, with more octets or with more room
 *   packets  room for `room` packets, which come in order
 *   count    packets written; where it is `room`, there may be more
 * Returns SR_OK, or SR_BAD_ARGUMENT (size_max; *at past the end). */
int sr_packets_find(const uint8_t *octets, size_t size, size_t *at, const struct sr_packets_rules *rules,
                    struct sr_packet *packets, size_t room, size_t *count);

/* Self-test of the level in use: a stream with a damaged packet. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_packets(void);

#ifdef __cplusplus
}
#endif
#endif
