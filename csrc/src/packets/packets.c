/* Packets are found in blocks: headers are followed from one to the next as if no packet were damaged, then all are
 * checked at once, by the CRC kernel of the level in use. From the first packet that fails, the search begins again.
 *
 * Following headers is a chain of loads, each from a place that the one before names, so the processor cannot run
 * ahead. Cache lines are therefore fetched AHEAD octets before they are needed, whether a header stands in them or
 * not. */
#include "skyrack/crc.h"
#include "skyrack/packets.h"

enum { HEADER = 6, BLOCK = 64, LINE = 64, AHEAD = 4096 };

struct search {
    const uint8_t *octets;
    size_t size;
    const struct sr_packets_rules *rules;
    size_t asked; /* cache lines up to here have been fetched */
};

enum step { PACKET, NONE, MISSING };

static unsigned word(const uint8_t *octets) { return (unsigned)octets[0] << 8 | octets[1]; }

static void ask_ahead(struct search *search, size_t at) {
    if (search->asked < at) search->asked = at;
    for (; search->asked < at + AHEAD && search->asked < search->size; search->asked += LINE)
        __builtin_prefetch(search->octets + search->asked);
}

/* Read the header at `at`, and say what begins there. */
static enum step look(const struct search *search, size_t at, struct sr_packet *packet) {
    const struct sr_packets_rules *rules = search->rules;
    size_t left = search->size - at;
    if (left < (size_t)rules->prefix + HEADER) return rules->at_end ? NONE : MISSING;
    const uint8_t *header = search->octets + at + rules->prefix;
    unsigned identification = word(header), apid = identification & 0x7FF;
    uint32_t size = HEADER + 1 + word(header + 4);
    if (identification >> 13 || size > rules->size_max || !(rules->apids[apid / 8] >> apid % 8 & 1)) return NONE;
    if (left - rules->prefix < size) return rules->at_end ? NONE : MISSING;
    *packet = (struct sr_packet){(int64_t)(at + rules->prefix), (int32_t)size, (uint16_t)identification,
                                 (uint16_t)word(header + 2)};
    return PACKET;
}

/* How many of the `count` packets come before the first whose CRC is wrong. */
static size_t leading_good(const struct search *search, const struct sr_packet *packets, size_t count) {
    int64_t offsets[BLOCK], sizes[BLOCK];
    uint16_t crcs[BLOCK];
    if (count == 0) return 0;
    for (size_t i = 0; i < count; i++) offsets[i] = packets[i].offset, sizes[i] = packets[i].size;
    sr_crc16_ranges(search->octets, search->size, offsets, sizes, count, crcs);
    size_t good = 0;
    while (good < count && crcs[good] == 0) good++;
    return good;
}

/* Read up to `most` packets, one behind the other, from *at on, and move *at behind the last one that is whole. Returns
 * why there are no more. */
static enum step read_block(struct search *search, size_t *at, struct sr_packet *packets, size_t most, size_t *count) {
    enum step step = PACKET;
    size_t begin = *at, end = *at, found = 0;
    for (; found < most; found++) {
        ask_ahead(search, end);
        step = look(search, end, packets + found);
        if (step != PACKET) break;
        end = (size_t)packets[found].offset + (size_t)packets[found].size;
    }
    size_t good = search->rules->checked ? leading_good(search, packets, found) : found;
    if (good < found) step = NONE;
    *at = good ? (size_t)packets[good - 1].offset + (size_t)packets[good - 1].size : begin;
    *count = good;
    return step;
}

int sr_packets_find(const uint8_t *octets, size_t size, size_t *at, const struct sr_packets_rules *rules,
                    struct sr_packet *packets, size_t room, size_t *count) {
    if (rules->size_max < SR_PACKET_MIN || rules->size_max > SR_PACKET_MAX || *at > size) return SR_BAD_ARGUMENT;
    struct search search = {octets, size, rules, *at};
    size_t block = 1; /* doubles while packets are whole; where they are damaged, one header at a time wastes least */
    *count = 0;
    while (*count < room && *at < size) {
        size_t found, left = room - *count, most = block < left ? block : left;
        enum step step = read_block(&search, at, packets + *count, most, &found);
        *count += found;
        if (step == MISSING) break;
        if (step == NONE && *at < size) ++*at; /* a block may end where the stream does */
        block = step == NONE ? 1 : block < BLOCK ? 2 * block : BLOCK;
    }
    return SR_OK;
}

int sr_selftest_packets(void) {
    static const uint8_t STREAM[] = {0x00, 0x03, 0xC0, 0x05, 0x00, 0x03, 0xAB, 0xCD, 0xE4, 0xEE,  /* whole */
                                     0x00, 0x03, 0xC0, 0x06, 0x00, 0x01, 0x00, 0x00,              /* CRC wrong */
                                     0x00, 0x03, 0xC0, 0x05, 0x00, 0x03, 0xAB, 0xCD, 0xE4, 0xEE}; /* whole */
    struct sr_packets_rules rules = {.size_max = SR_PACKET_MAX, .checked = 1, .at_end = 1};
    for (size_t i = 0; i < sizeof rules.apids; i++) rules.apids[i] = 0xFF;
    struct sr_packet packets[3];
    size_t at = 0, count;
    if (sr_packets_find(STREAM, sizeof STREAM, &at, &rules, packets, 3, &count) != SR_OK) return SR_CORRUPT;
    return count == 2 && packets[0].offset == 0 && packets[1].offset == 18 && packets[1].size == 10 &&
                   packets[1].identification == 3 && packets[1].sequence == 0xC005
               ? SR_OK
               : SR_CORRUPT;
}
