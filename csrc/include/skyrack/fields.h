/* Fields of many packets as columns: each field of a table is cut out of every packet into an array of its own.
 *
 * The table is data, so that a dictionary that changes needs no compiler. Bits are numbered from the packet's first,
 * the most significant bit of its first octet; a number's most significant bit comes first. */
#ifndef SKYRACK_FIELDS_H
#define SKYRACK_FIELDS_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum sr_field_form {
    SR_FIELD_UNSIGNED = 0,
    SR_FIELD_SIGNED = 1,          /* two's complement */
    SR_FIELD_LITTLE_UNSIGNED = 2, /* whole octets that begin on an octet of the packet, the least significant first */
    SR_FIELD_LITTLE_SIGNED = 3,
    SR_FIELD_OCTETS = 4 /* whole octets that begin on an octet of the packet, copied as they are */
};

struct sr_field {
    int64_t out;    /* where the value of the first packet goes, in octets from the beginning of the output */
    int64_t stride; /* octets from one packet's value to the next one's in the output */
    uint32_t bit;   /* the field's first bit in a packet */
    uint32_t bits;  /* 1..64, not more than `width` holds; 8 * width for SR_FIELD_OCTETS */
    uint32_t form;  /* one of enum sr_field_form */
    uint32_t width; /* octets of a value in the output: any number for SR_FIELD_OCTETS, else 1, 2, 4 or 8 in the
                       processor's byte order */
};

/* Cut `field_count` fields out of `count` packets.
 *   octets   a stream of `size` octets
 *   offsets  where each packet begins; every field of every packet lies inside the stream
 *   out      out_size octets, not overlapping the others; fields may write to interleaved places, not to the same
 * Returns SR_OK, or SR_BAD_ARGUMENT with `out` unspecified for a field or a packet that breaks a rule above. */
int sr_fields_read(const uint8_t *octets, size_t size, const int64_t *offsets, size_t count,
                   const struct sr_field *fields, size_t field_count, uint8_t *out, size_t out_size);

/* Self-test of the level in use: a packet with a field of every form. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_fields(void);

#ifdef __cplusplus
}
#endif
#endif
