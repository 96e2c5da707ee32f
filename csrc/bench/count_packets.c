#include "count.h"
#include "skyrack/crc.h"
#include "skyrack/packets.h"

enum { PACKETS = 500, OCTETS = 200 };
static uint8_t stream[PACKETS * OCTETS];
static struct sr_packet packets[PACKETS + 1];
static struct sr_packets_rules rules = {.size_max = SR_PACKET_MAX, .at_end = 1};

static void find(void) {
    size_t at = 0, count;
    sr_packets_find(stream, sizeof stream, &at, &rules, packets, PACKETS + 1, &count);
    if (count < PACKETS - 25) abort();
}

int main(void) {
    fill(stream, sizeof stream);
    for (uint8_t *packet = stream; packet < stream + sizeof stream; packet += OCTETS) {
        packet[0] &= 0x1F, packet[4] = 0, packet[5] = OCTETS - 7;
        uint16_t crc = sr_crc16(packet, OCTETS - 2, SR_CRC16_START);
        packet[OCTETS - 2] = (uint8_t)(crc >> 8), packet[OCTETS - 1] = (uint8_t)crc;
    }
    memset(rules.apids, 0xFF, sizeof rules.apids);
    COUNT("find 500 packets of 200 octets by their headers", find());
    rules.checked = 1;
    COUNT("find 500 packets of 200 octets, CRC", find());
    for (size_t i = 0; i < PACKETS; i += 20) stream[i * OCTETS + 5] ^= 0x40;
    COUNT("find 500 packets of 200 octets, CRC, every 20th length wrong", find());
    return 0;
}
