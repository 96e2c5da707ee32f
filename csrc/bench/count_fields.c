#include "count.h"
#include "skyrack/fields.h"

enum { PACKETS = 200, OCTETS = 64, FIELDS = 30 };
static uint8_t stream[PACKETS * OCTETS], out[FIELDS * PACKETS * 8];
static int64_t offsets[PACKETS];
static struct sr_field fields[FIELDS];

/* FIELDS fields of `bits` bits, `step` bits apart, each in a column of its own. */
static void read(uint32_t bits, uint32_t step, uint32_t form, uint32_t width) {
    for (uint32_t i = 0; i < FIELDS; i++)
        fields[i] = (struct sr_field){.out = (int64_t)i * PACKETS * width,
                                      .stride = width,
                                      .bit = i * step,
                                      .bits = bits,
                                      .form = form,
                                      .width = width};
    if (sr_fields_read(stream, sizeof stream, offsets, PACKETS, fields, FIELDS, out, sizeof out) != SR_OK) abort();
}

int main(void) {
    fill(stream, sizeof stream);
    for (int i = 0; i < PACKETS; i++) offsets[i] = i * OCTETS;
    COUNT("30 columns of 16 bits, 200 packets", read(16, 16, SR_FIELD_UNSIGNED, 2));
    COUNT("30 columns of 13 bits at any bit, 200 packets", read(13, 15, SR_FIELD_SIGNED, 2));
    COUNT("30 columns of 16 bits, least octet first, 200 packets", read(16, 16, SR_FIELD_LITTLE_UNSIGNED, 2));
    return 0;
}
