#include "check.h"
#include "skyrack/crc.h"
#include "skyrack/packets.h"

enum { STREAM = 20000, ROOM = 3000 };

static struct sr_packets_rules rules_for(uint32_t prefix, uint32_t size_max, uint32_t checked) {
    struct sr_packets_rules rules = {prefix, size_max, checked, 1, {0}};
    for (unsigned apid = 0; apid < 2048; apid += 3) rules.apids[apid / 8] |= (uint8_t)(1 << apid % 8);
    return rules;
}

/* The search as the header defines it, octet by octet and packet by packet. */
static size_t by_definition(const uint8_t *octets, size_t size, const struct sr_packets_rules *rules,
                            struct sr_packet *packets) {
    size_t count = 0;
    for (size_t at = 0; at + rules->prefix + 6 <= size;) {
        const uint8_t *head = octets + at + rules->prefix;
        size_t length = 7 + (size_t)(head[4] << 8 | head[5]), end = at + rules->prefix + length;
        unsigned id = (unsigned)(head[0] << 8 | head[1]), apid = id & 0x7FF;
        if (id >> 13 || apid % 3 || length > rules->size_max || end > size ||
            (rules->checked && sr_crc16(head, length, SR_CRC16_START))) {
            at++;
            continue;
        }
        packets[count++] =
            (struct sr_packet){head - octets, (int32_t)length, (uint16_t)id, (uint16_t)(head[2] << 8 | head[3])};
        at = end;
    }
    return count;
}

/* Packets of 8..300 octets behind their prefixes; one in eight damaged. Returns how many octets they take. */
static size_t make_stream(uint8_t *out, size_t room, uint32_t prefix, uint64_t *seed) {
    size_t at = 0;
    for (;;) {
        size_t length = 8 + draw(seed) % 293, next = at + prefix + length;
        if (next > room) return at;
        uint8_t *packet = out + at + prefix;
        fill(out + at, prefix + length, seed);
        packet[0] &= 0x1F, packet[4] = (uint8_t)((length - 7) >> 8), packet[5] = (uint8_t)(length - 7);
        if (draw(seed) % 4) packet[0] &= 0xF8, packet[1] = (uint8_t)(3 * (draw(seed) % 80));
        uint16_t crc = sr_crc16(packet, length - 2, SR_CRC16_START);
        packet[length - 2] = (uint8_t)(crc >> 8), packet[length - 1] = (uint8_t)crc;
        if (draw(seed) % 8 == 0) packet[draw(seed) % length] ^= (uint8_t)(1 << draw(seed) % 8);
        at = next;
    }
}

static void same(const struct sr_packet *a, const struct sr_packet *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        CHECK(a[i].offset == b[i].offset && a[i].size == b[i].size && a[i].identification == b[i].identification &&
              a[i].sequence == b[i].sequence);
}

static void as_defined(const uint8_t *octets, size_t size, const struct sr_packets_rules *rules, size_t room) {
    static struct sr_packet expected[ROOM], packets[ROOM];
    size_t wanted = by_definition(octets, size, rules, expected), total = 0, at = 0, count;
    do {
        CHECK(sr_packets_find(octets, size, &at, rules, packets + total, room, &count) == SR_OK);
        total += count;
    } while (count == room);
    CHECK(total == wanted && at == size);
    same(packets, expected, total);
}

/* A stream in pieces, as a receiver gets it: octets that could not be decided on yet are given again, with more
 * behind. */
static void in_pieces(const uint8_t *octets, size_t size, struct sr_packets_rules rules, size_t piece) {
    static struct sr_packet expected[ROOM], packets[ROOM];
    size_t wanted = by_definition(octets, size, &rules, expected), total = 0, at = 0, count;
    for (size_t end = 0; end < size;) {
        end = end + piece < size ? end + piece : size;
        rules.at_end = end == size;
        CHECK(sr_packets_find(octets, end, &at, &rules, packets + total, ROOM - total, &count) == SR_OK);
        total += count;
    }
    CHECK(total == wanted);
    same(packets, expected, total);
}

int main(void) {
    START();
    uint64_t seed = 7;
    for (uint32_t prefix = 0; prefix <= 4; prefix += 4) {
        uint8_t *room = guarded(STREAM);
        size_t size = make_stream(room, STREAM, prefix, &seed);
        uint8_t *stream = guarded(size);
        memcpy(stream, room, size);
        for (uint32_t checked = 0; checked <= 1; checked++) {
            struct sr_packets_rules rules = rules_for(prefix, 300, checked);
            as_defined(stream, size, &rules, ROOM), as_defined(stream, size, &rules, 1),
                as_defined(stream, size, &rules, 7);
            as_defined(stream, size - 5, &rules, ROOM);
            in_pieces(stream, size, rules, 1), in_pieces(stream, size, rules, 997);
        }
        release(room, STREAM), release(stream, size);
    }
    struct sr_packets_rules rules = rules_for(0, 6, 1);
    size_t at = 0, count;
    CHECK(sr_packets_find((const uint8_t *)"", 0, &at, &rules, NULL, 0, &count) == SR_BAD_ARGUMENT);
    rules.size_max = 65543;
    CHECK(sr_packets_find((const uint8_t *)"", 0, &at, &rules, NULL, 0, &count) == SR_BAD_ARGUMENT);
    rules.size_max = 7, at = 1;
    CHECK(sr_packets_find((const uint8_t *)"", 0, &at, &rules, NULL, 0, &count) == SR_BAD_ARGUMENT);
    CHECK(sr_selftest_packets() == SR_OK);
    DONE();
}
