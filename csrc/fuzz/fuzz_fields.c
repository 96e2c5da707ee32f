/* Arbitrary tables over arbitrary packets: all or nothing is accepted, nothing outside is touched, the levels agree. */
#include "fuzz.h"
#include "skyrack/fields.h"

enum { FIELDS = 8, PACKETS = 8, ROOM = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct sr_field fields[FIELDS];
    int64_t offsets[PACKETS];
    size_t field_count = take(&input, 1) % (FIELDS + 1), count = take(&input, 1) % (PACKETS + 1);
    for (size_t f = 0; f < field_count; f++)
        fields[f] = (struct sr_field){.out = (int64_t)take(&input, 1),
                                      .stride = (int8_t)take(&input, 1),
                                      .bit = (uint32_t)take(&input, 2),
                                      .bits = (uint32_t)take(&input, 1),
                                      .form = (uint32_t)take(&input, 1) % 6,
                                      .width = (uint32_t)take(&input, 1) % 20};
    for (size_t i = 0; i < count; i++) offsets[i] = (int8_t)take(&input, 1);
    uint8_t *octets = owned(input.octets, input.size), *out = owned(NULL, ROOM), first[ROOM];
    int status = SR_UNSUPPORTED;
    ON_EACH_LEVEL(level) {
        memset(out, 0, ROOM);
        int found = sr_fields_read(octets, input.size, offsets, count, fields, field_count, out, ROOM);
        REQUIRE(found == SR_OK || found == SR_BAD_ARGUMENT);
        if (status == SR_UNSUPPORTED) memcpy(first, out, ROOM);
        REQUIRE((status == SR_UNSUPPORTED || status == found) && memcmp(first, out, ROOM) == 0);
        status = found;
    }
    free(octets), free(out);
    return 0;
}
