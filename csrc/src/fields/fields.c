/* Block by block: the packets of a block stay in the cache while one field after the other is read from all of them, so
 * that each loop has its shifts in registers and writes one array in order. A field of up to 57 bits wherever it
 * begins, and of 64 on a whole octet, is one load of eight octets and two shifts. */
#include "skyrack/fields.h"
#include <string.h>

enum { BLOCK = 256, LOAD = 8 };

struct job {
    const uint8_t *octets; /* where the field's first octet would be if a packet began at the stream's first octet */
    const int64_t *offsets;
    size_t count;
    uint8_t *out;
    int64_t stride;
    unsigned lead, drop; /* bits above the field in its eight octets, and all bits there that are not the field's */
};

static uint64_t big(const uint8_t *octets) {
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(word) : word;
}

static uint64_t little(const uint8_t *octets) { return __builtin_bswap64(big(octets)); }

/* One loop for each way to load, to extend and to store; unrolled, because each step is only six instructions. */
#define LOOP(name, type, extended, load)                                                                               \
    static void name(struct job job) {                                                                                 \
        _Pragma("GCC unroll 8") for (size_t i = 0; i < job.count; i++) {                                               \
            uint64_t word = load(job.octets + job.offsets[i]) << job.lead;                                             \
            type value = (type)((extended)word >> job.drop);                                                           \
            memcpy(job.out + (int64_t)i * job.stride, &value, sizeof value);                                           \
        }                                                                                                              \
    }
#define LOOPS(type, width)                                                                                             \
    LOOP(unsigned_##width, type, uint64_t, big)                                                                        \
    LOOP(signed_##width, type, int64_t, big)                                                                           \
    LOOP(little_unsigned_##width, type, uint64_t, little)                                                              \
    LOOP(little_signed_##width, type, int64_t, little)
LOOPS(uint8_t, 8)
LOOPS(uint16_t, 16)
LOOPS(uint32_t, 32)
LOOPS(uint64_t, 64)

typedef void loop(struct job job);
static loop *const LOOP_OF[4][4] = {
    {unsigned_8, unsigned_16, unsigned_32, unsigned_64},
    {signed_8, signed_16, signed_32, signed_64},
    {little_unsigned_8, little_unsigned_16, little_unsigned_32, little_unsigned_64},
    {little_signed_8, little_signed_16, little_signed_32, little_signed_64},
};

static unsigned log_of(uint32_t width) { return width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : 3; }

static int is_little(uint32_t form) { return form == SR_FIELD_LITTLE_UNSIGNED || form == SR_FIELD_LITTLE_SIGNED; }

static uint32_t octets_of(const struct sr_field *field) { return (field->bit % 8 + field->bits + 7) / 8; }

/* Read one value at `at` through a copy, for packets near the end of the stream: only the field's own octets are
 * read. */
static void read_one(const struct sr_field *field, const uint8_t *at, uint8_t *out) {
    static const int64_t START = 0;
    uint8_t copy[LOAD + 1] = {0};
    uint32_t octets = octets_of(field);
    unsigned lead = field->bit % 8, drop = 64 - field->bits;
    memcpy(copy, at, octets);
    if (octets > LOAD) { /* the field reaches into a ninth octet: move it to the front of the eight that are loaded */
        uint64_t word = big(copy) << lead | copy[LOAD] >> (8 - lead);
        for (unsigned i = 0; i < LOAD; i++) copy[i] = (uint8_t)(word >> (56 - 8 * i));
        lead = 0;
    }
    if (is_little(field->form)) lead = drop;
    LOOP_OF[field->form][log_of(field->width)]((struct job){copy, &START, 1, out, 0, lead, drop});
}

static void read_block(const uint8_t *octets, size_t size, const int64_t *offsets, size_t count, int64_t last,
                       const struct sr_field *field, uint8_t *out) {
    const uint8_t *first = octets + field->bit / 8;
    unsigned lead = field->bit % 8, drop = 64 - field->bits;
    if (field->form == SR_FIELD_OCTETS) {
        for (size_t i = 0; i < count; i++) memcpy(out + (int64_t)i * field->stride, first + offsets[i], field->width);
    } else if (octets_of(field) > LOAD || (uint64_t)last + field->bit / 8 + LOAD > size) {
        for (size_t i = 0; i < count; i++) read_one(field, first + offsets[i], out + (int64_t)i * field->stride);
    } else {
        if (is_little(field->form)) lead = drop;
        LOOP_OF[field->form][log_of(field->width)]((struct job){first, offsets, count, out, field->stride, lead, drop});
    }
}

static int is_field(const struct sr_field *field) {
    if (field->form == SR_FIELD_OCTETS) return field->bit % 8 == 0 && field->bits == 8 * (uint64_t)field->width;
    if (field->form > SR_FIELD_OCTETS || field->bits < 1 || field->bits > 64) return 0;
    if (is_little(field->form) && (field->bit % 8 || field->bits % 8)) return 0;
    uint32_t width = field->width;
    return (width == 1 || width == 2 || width == 4 || width == 8) && field->bits <= 8 * width;
}

/* Whether the values of a field lie inside `out_size` octets, wherever its stride takes them. */
static int fits(const struct sr_field *field, size_t count, size_t out_size) {
    int64_t last, end, first = field->out;
    if (count == 0) return 1;
    if (count > INT64_MAX || __builtin_mul_overflow(field->stride, (int64_t)(count - 1), &last)) return 0;
    if (__builtin_add_overflow(last, first, &last)) return 0;
    if (__builtin_add_overflow(first < last ? last : first, (int64_t)field->width, &end)) return 0;
    return first >= 0 && last >= 0 && (uint64_t)end <= out_size;
}

int sr_fields_read(const uint8_t *octets, size_t size, const int64_t *offsets, size_t count,
                   const struct sr_field *fields, size_t field_count, uint8_t *out, size_t out_size) {
    uint64_t extent = 0;
    for (size_t f = 0; f < field_count; f++) {
        if (!is_field(fields + f) || !fits(fields + f, count, out_size)) return SR_BAD_ARGUMENT;
        uint64_t end = ((uint64_t)fields[f].bit + fields[f].bits + 7) / 8;
        if (end > extent) extent = end;
    }
    for (size_t i = 0; i < count; i++)
        if (offsets[i] < 0 || extent > size || (uint64_t)offsets[i] > size - extent) return SR_BAD_ARGUMENT;
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t inside = count - start < BLOCK ? count - start : BLOCK;
        int64_t last = 0;
        for (size_t i = 0; i < inside; i++) last = offsets[start + i] > last ? offsets[start + i] : last;
        for (size_t f = 0; f < field_count; f++)
            read_block(octets, size, offsets + start, inside, last, fields + f,
                       out + fields[f].out + (int64_t)start * fields[f].stride);
    }
    return SR_OK;
}

int sr_selftest_fields(void) {
    static const uint8_t PACKET[] = {0xA5, 0x5A, 0x12, 0x34, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32};
    static const struct sr_field FIELDS[] = {
        {0, 0, 3, 5, SR_FIELD_UNSIGNED, 1},          {1, 0, 0, 3, SR_FIELD_SIGNED, 1},
        {2, 0, 16, 16, SR_FIELD_LITTLE_UNSIGNED, 2}, {4, 0, 32, 16, SR_FIELD_LITTLE_SIGNED, 4},
        {8, 0, 20, 64, SR_FIELD_UNSIGNED, 8},        {16, 0, 8, 16, SR_FIELD_OCTETS, 2}};
    static const int64_t OFFSET = 0;
    uint8_t out[18];
    if (sr_fields_read(PACKET, sizeof PACKET, &OFFSET, 1, FIELDS, 6, out, sizeof out) != SR_OK) return SR_CORRUPT;
    uint16_t half;
    int32_t word;
    uint64_t wide;
    memcpy(&half, out + 2, 2), memcpy(&word, out + 4, 4), memcpy(&wide, out + 8, 8);
    return out[0] == 5 && out[1] == 0xFD && half == 0x3412 && word == (int16_t)0xDCFE && wide == 0x234FEDCBA9876543 &&
                   out[16] == 0x5A && out[17] == 0x12
               ? SR_OK
               : SR_CORRUPT;
}
