#include "check.h"
#include "skyrack/fields.h"

enum { COUNT = 700, FIELDS = 40, EXTENT = 64 };

/* A field bit by bit, as the header defines it. */
static uint64_t by_bits(const uint8_t *packet, const struct sr_field *field) {
    uint64_t value = 0;
    int little = field->form == SR_FIELD_LITTLE_UNSIGNED || field->form == SR_FIELD_LITTLE_SIGNED;
    for (uint32_t i = 0; i < field->bits; i++) {
        uint32_t bit = field->bit + i, octet = bit / 8;
        uint64_t one = packet[octet] >> (7 - bit % 8) & 1;
        uint32_t place = little ? 8 * (i / 8) + 7 - i % 8 : field->bits - 1 - i;
        value |= one << place;
    }
    const uint64_t sign = value & 1ULL << (field->bits - 1) % 64;
    if ((field->form & 1) && sign && field->bits < 64) value |= ~0ULL << field->bits;
    return value;
}

static struct sr_field any_field(uint64_t *seed) {
    struct sr_field field = {0, 0, 0, 0, (uint32_t)(draw(seed) % 4), 1U << draw(seed) % 4};
    uint32_t most = 8 * field.width;
    field.bits = 1 + (uint32_t)(draw(seed) % most);
    if (field.form >= SR_FIELD_LITTLE_UNSIGNED) field.bits = 8 * (1 + (field.bits - 1) / 8);
    field.bit = (uint32_t)(draw(seed) % (8 * EXTENT - field.bits));
    if (field.form >= SR_FIELD_LITTLE_UNSIGNED) field.bit -= field.bit % 8;
    return field;
}

static void as_defined(uint64_t *seed) {
    size_t size = EXTENT + draw(seed) % 5000, out_size = 0;
    uint8_t *octets = guarded(size);
    struct sr_field fields[FIELDS];
    int64_t offsets[COUNT];
    fill(octets, size, seed);
    for (int i = 0; i < COUNT; i++) offsets[i] = (int64_t)(draw(seed) % (size - EXTENT + 1));
    offsets[COUNT - 1] = (int64_t)(size - EXTENT); /* the last packet ends where the memory does */
    for (int f = 0; f < FIELDS; f++) {
        fields[f] = any_field(seed);
        fields[f].out = (int64_t)out_size, fields[f].stride = fields[f].width;
        out_size += (size_t)COUNT * fields[f].width;
    }
    uint8_t *out = guarded(out_size);
    CHECK(sr_fields_read(octets, size, offsets, COUNT, fields, FIELDS, out, out_size) == SR_OK);
    for (int f = 0; f < FIELDS; f++)
        for (int i = 0; i < COUNT; i++) {
            uint64_t expected = by_bits(octets + offsets[i], fields + f);
            CHECK(memcmp(out + fields[f].out + i * fields[f].stride, &expected, fields[f].width) == 0);
        }
    release(out, out_size), release(octets, size);
}

static void interleaved_and_backwards(void) {
    static const uint8_t octets[] = {1, 2, 3, 4};
    static const int64_t offsets[] = {0, 2};
    struct sr_field fields[] = {{0, 2, 0, 8, SR_FIELD_UNSIGNED, 1}, {3, -2, 8, 8, SR_FIELD_OCTETS, 1}};
    uint8_t out[4];
    CHECK(sr_fields_read(octets, 4, offsets, 2, fields, 2, out, 4) == SR_OK);
    CHECK(out[0] == 1 && out[2] == 3 && out[3] == 2 && out[1] == 4);
}

static void bad_arguments(void) {
    static const uint8_t octets[8];
    static const int64_t inside = 0, before = -1, past = 8;
    static const struct sr_field bad[] = {{0, 0, 0, 0, SR_FIELD_UNSIGNED, 1},
                                          {0, 0, 0, 9, SR_FIELD_UNSIGNED, 1},
                                          {0, 0, 0, 65, SR_FIELD_UNSIGNED, 8},
                                          {0, 0, 0, 8, SR_FIELD_UNSIGNED, 3},
                                          {0, 0, 4, 8, SR_FIELD_LITTLE_UNSIGNED, 1},
                                          {0, 0, 0, 12, SR_FIELD_LITTLE_SIGNED, 2},
                                          {0, 0, 4, 8, SR_FIELD_OCTETS, 1},
                                          {0, 0, 0, 8, SR_FIELD_OCTETS, 2},
                                          {0, 0, 0, 8, 5, 1},
                                          {8, 0, 0, 8, SR_FIELD_UNSIGNED, 1},
                                          {-1, 0, 0, 8, SR_FIELD_UNSIGNED, 1},
                                          {0, 0, 60, 8, SR_FIELD_UNSIGNED, 1},
                                          {INT64_MAX, 1, 0, 8, SR_FIELD_UNSIGNED, 1}};
    struct sr_field good = {0, 0, 0, 8, SR_FIELD_UNSIGNED, 1}, wide = {0, INT64_MAX, 0, 8, SR_FIELD_UNSIGNED, 1};
    const int64_t three[] = {0, 0, 0};
    uint8_t out[8];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(sr_fields_read(octets, 8, &inside, 1, bad + i, 1, out, 8) == SR_BAD_ARGUMENT);
    CHECK(sr_fields_read(octets, 8, &before, 1, &good, 1, out, 8) == SR_BAD_ARGUMENT);
    CHECK(sr_fields_read(octets, 8, &past, 1, &good, 1, out, 8) == SR_BAD_ARGUMENT);
    CHECK(sr_fields_read(octets, 8, three, 3, &wide, 1, out, 8) == SR_BAD_ARGUMENT);
    CHECK(sr_fields_read(octets, 8, &past, 0, &good, 1, out, 0) == SR_OK);
}

int main(void) {
    START();
    uint64_t seed = 1;
    for (int i = 0; i < 20; i++) as_defined(&seed);
    interleaved_and_backwards();
    bad_arguments();
    CHECK(sr_selftest_fields() == SR_OK);
    DONE();
}
