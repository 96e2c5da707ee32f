/* Arbitrary streams and rules: packets lie inside the stream, one behind the other, as the rules ask for; they are the
 * same on all levels, and however many there is room for at a time. */
#include "fuzz.h"
#include "skyrack/crc.h"
#include "skyrack/packets.h"

enum { ROOM = 512 };

static void as_asked(const uint8_t *octets, size_t size, const struct sr_packets_rules *rules,
                     const struct sr_packet *packets, size_t count) {
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sr_packet *packet = packets + i;
        unsigned apid = packet->identification & 0x7FF;
        REQUIRE(packet->offset >= 0 && (size_t)packet->offset >= end + rules->prefix);
        end = (size_t)packet->offset + (size_t)packet->size;
        REQUIRE(packet->size >= SR_PACKET_MIN && (uint32_t)packet->size <= rules->size_max && end <= size);
        REQUIRE(packet->identification >> 13 == 0 && (rules->apids[apid / 8] >> apid % 8 & 1));
        REQUIRE(!rules->checked || !sr_crc16(octets + packet->offset, (size_t)packet->size, SR_CRC16_START));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct sr_packets_rules rules = {.prefix = (uint32_t)take(&input, 1), .size_max = (uint32_t)take(&input, 3)};
    rules.checked = take(&input, 1) & 1, rules.at_end = take(&input, 1) & 1;
    memset(rules.apids, (int)take(&input, 1), sizeof rules.apids);
    uint8_t *octets = owned(input.octets, input.size);
    static struct sr_packet packets[ROOM], one;
    ON_EACH_LEVEL(level) {
        size_t at = 0, count, at_one = 0, single;
        int status = sr_packets_find(octets, input.size, &at, &rules, packets, ROOM, &count);
        REQUIRE((status == SR_OK) == (rules.size_max >= SR_PACKET_MIN && rules.size_max <= SR_PACKET_MAX));
        if (status != SR_OK) continue;
        as_asked(octets, input.size, &rules, packets, count);
        for (size_t i = 0; i < count; i++) {
            REQUIRE(sr_packets_find(octets, input.size, &at_one, &rules, &one, 1, &single) == SR_OK && single == 1);
            REQUIRE(memcmp(&one, packets + i, sizeof one) == 0);
        }
    }
    free(octets);
    return 0;
}
