/* Any marker, any bounds: every level finds the same hits, in order, and each is one; frames behind any hits lie inside
 * the stream or are refused. */
#include "fuzz.h"
#include "skyrack/sync.h"

struct search {
    int64_t first;
    uint64_t marker;
    unsigned width, errors;
    int inverted;
    size_t room;
};

static void search(const uint8_t *octets, size_t size, const struct search *s, struct sr_sync_hit *hits,
                   size_t *count) {
    struct sr_sync_hit *others = owned(NULL, s->room * sizeof *others);
    size_t other;
    sr_level_select("portable");
    const int status =
        sr_sync_search(octets, size, s->first, s->marker, s->width, s->errors, s->inverted, hits, s->room, count);
    ON_EACH_LEVEL(level) {
        REQUIRE(sr_sync_search(octets, size, s->first, s->marker, s->width, s->errors, s->inverted, others, s->room,
                               &other) == status);
        REQUIRE(other == *count);
        for (size_t i = 0; i < other; i++)
            REQUIRE(others[i].bit == hits[i].bit && others[i].errors == hits[i].errors &&
                    others[i].inverted == hits[i].inverted);
    }
    free(others);
}

static void hits_are_true(const uint8_t *octets, size_t size, const struct search *s, const struct sr_sync_hit *hits,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t found[8] = {0};
        uint64_t value = 0;
        REQUIRE(hits[i].bit >= (i ? hits[i - 1].bit + 1 : s->first));
        REQUIRE(sr_sync_align(octets, size, &hits[i], 1, 0, found, 0, s->width / 8) == SR_OK);
        for (unsigned k = 0; k < s->width / 8; k++) value = value << 8 | found[k];
        uint64_t marker = s->width == 64 ? s->marker : s->marker & 0xFFFFFFFF;
        REQUIRE(__builtin_popcountll(value ^ marker) == hits[i].errors && hits[i].errors <= s->errors);
    }
}

static void any_frames(const uint8_t *octets, size_t size, struct input *input) {
    struct sr_sync_hit hits[2] = {{(int64_t)take(input, 8), 0, 0}, {(int64_t)take(input, 2), 0, 1}};
    int64_t skip = (int64_t)take(input, 8);
    size_t length = take(input, 2), stride = take(input, 2);
    uint8_t *frames = owned(NULL, stride + length);
    sr_sync_align(octets, size, hits, 2, skip, frames, stride, length);
    free(frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct search s;
    s.marker = take(&input, 8), s.width = (unsigned)take(&input, 1), s.errors = (unsigned)take(&input, 1);
    s.inverted = (int)(take(&input, 1) & 1), s.room = take(&input, 1), s.first = (int16_t)take(&input, 2);
    struct input tail = input;
    uint8_t *octets = owned(input.octets, input.size);
    struct sr_sync_hit *hits = owned(NULL, s.room * sizeof *hits);
    size_t count;
    search(octets, input.size, &s, hits, &count);
    hits_are_true(octets, input.size, &s, hits, count);
    any_frames(octets, input.size, &tail);
    free(octets), free(hits);
    return 0;
}
