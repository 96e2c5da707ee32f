/* Arbitrary shapes of codes, arbitrary losses: what was lost within the code's reach comes back; all levels give the
 * same parity, and touch nothing between shards. */
#include "fuzz.h"
#include "skyrack/erasure.h"

struct shape {
    size_t stride, octets, data, parity;
};

static size_t shards(const struct shape *shape) { return shape->data + shape->parity; }
static uint8_t *room(const struct shape *shape) {
    return memset(owned(NULL, shards(shape) * shape->stride), 0xEE, shards(shape) * shape->stride);
}

/* Shards filled with the input's octets, over and over, and their parity; NULL where there is no such code, and the
 * encoder has to refuse it. */
static uint8_t *encoded(const struct shape *shape, const struct input *input) {
    uint8_t *all = room(shape);
    for (size_t i = 0; i < shape->data * shape->stride && input->size; i++) all[i] = input->octets[i % input->size];
    int result = sr_erasure_encode(all, shape->stride, shape->octets, shape->data, shape->parity);
    REQUIRE((result == SR_OK) == (shape->data && shards(shape) <= SR_ERASURE_SHARDS_MAX));
    if (result == SR_OK) return all;
    free(all);
    return NULL;
}

static void lose_and_repair(const struct shape *shape, const struct input *input, const uint8_t *sent) {
    uint8_t present[SR_ERASURE_SHARDS_MAX], *received = owned(sent, shards(shape) * shape->stride);
    size_t kept = 0;
    for (size_t s = 0; s < shards(shape); s++) {
        kept += present[s] = input->size ? input->octets[(s * 7 + 3) % input->size] & 1 : 1;
        if (!present[s]) memset(received + s * shape->stride, 0x11, shape->octets);
    }
    int result = sr_erasure_repair(received, shape->stride, shape->octets, shape->data, shape->parity, present);
    REQUIRE(result == (kept >= shape->data ? SR_OK : SR_CORRUPT));
    if (result == SR_OK) REQUIRE(memcmp(received, sent, shards(shape) * shape->stride) == 0);
    free(received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct shape shape = {.data = take(&input, 1), .parity = take(&input, 1), .octets = take(&input, 1) % 150};
    shape.stride = shape.octets + take(&input, 1) % 3;
    sr_level_select("portable");
    uint8_t *sent = encoded(&shape, &input);
    ON_EACH_LEVEL(level) {
        uint8_t *again = encoded(&shape, &input);
        REQUIRE(!again == !sent && (!sent || memcmp(again, sent, shards(&shape) * shape.stride) == 0));
        if (sent) lose_and_repair(&shape, &input, sent);
        free(again);
    }
    free(sent);
    return 0;
}
