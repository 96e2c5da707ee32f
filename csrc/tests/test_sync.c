#include "check.h"
#include "skyrack/sync.h"

enum { ROOM = 20000 };
static struct sr_sync_hit found[ROOM], wanted[ROOM];

static unsigned bit_at(const uint8_t *octets, uint64_t bit) { return octets[bit / 8] >> (7 - bit % 8) & 1; }

/* The search at every bit, one after the other. */
static size_t search_bitwise(const uint8_t *octets, size_t size, uint64_t first, uint64_t marker, unsigned width,
                             unsigned errors, int inverted) {
    size_t count = 0;
    for (uint64_t bit = first; bit + width <= 8 * size; bit++) {
        unsigned wrong = 0;
        for (unsigned i = 0; i < width; i++) wrong += bit_at(octets, bit + i) != (marker >> (width - 1 - i) & 1);
        if (wrong <= errors) wanted[count++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)wrong, 0};
        else if (inverted && width - wrong <= errors)
            wanted[count++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)(width - wrong), 1};
    }
    return count;
}

static int same(size_t count) {
    for (size_t i = 0; i < count; i++)
        if (found[i].bit != wanted[i].bit || found[i].errors != wanted[i].errors ||
            found[i].inverted != wanted[i].inverted)
            return 0;
    return 1;
}

static void check(const uint8_t *octets, size_t size, uint64_t first, uint64_t marker, unsigned width, unsigned errors,
                  int inverted) {
    size_t count, expected = search_bitwise(octets, size, first, marker, width, errors, inverted);
    CHECK(sr_sync_search(octets, size, (int64_t)first, marker, width, errors, inverted, found, ROOM, &count) == SR_OK);
    CHECK(count == expected && same(count));
}

/* Write a marker of `width` bits at `bit`, with `wrong` of them flipped, and all of them where `inverted`. */
static void plant(uint8_t *octets, uint64_t bit, uint64_t marker, unsigned width, unsigned wrong, int inverted,
                  uint64_t *seed) {
    for (; wrong; wrong--) marker ^= 1ULL << draw(seed) % width;
    for (unsigned i = 0; i < width; i++) {
        unsigned one = (marker >> (width - 1 - i) & 1) ^ (unsigned)inverted, place = 0x80U >> (bit + i) % 8;
        octets[(bit + i) / 8] = (uint8_t)((octets[(bit + i) / 8] & ~place) | (one ? place : 0));
    }
}

static void planted_everywhere(void) {
    static const uint64_t MARKERS[][2] = {{0x1ACFFC1D, 32}, {0, 32}, {0x034776C7272895B0, 64}, {~0ULL, 64}};
    uint64_t seed = 1;
    for (size_t size = 0; size < 420; size += 1 + size / 9) {
        uint8_t *octets = guarded(size);
        for (unsigned errors = 0; errors < 32; errors += 1 + errors / 4)
            for (int m = 0; m < 4; m++) {
                unsigned width = (unsigned)MARKERS[m][1];
                fill(octets, size, &seed);
                if (8 * size >= width)
                    plant(octets, draw(&seed) % (8 * size - width + 1), MARKERS[m][0], width, errors, (int)(errors % 2),
                          &seed);
                if (errors < width / 2) check(octets, size, 0, MARKERS[m][0], width, errors, errors % 3 != 0);
            }
        release(octets, size);
    }
}

static void starts_anywhere_and_goes_on(void) {
    uint8_t octets[200] = {0};
    for (uint64_t first = 0; first < 1700; first += 7) check(octets, sizeof octets, first, 0, 32, 2, 1);
    size_t count, total = 0, expected = search_bitwise(octets, sizeof octets, 0, 0, 32, 2, 1);
    int64_t first = 0;
    do { /* with room for three hits at a time */
        CHECK(sr_sync_search(octets, sizeof octets, first, 0, 32, 2, 1, found + total, 3, &count) == SR_OK);
        total += count;
        first = total ? found[total - 1].bit + 1 : 0;
    } while (count == 3 && total < ROOM - 3);
    CHECK(total == expected && same(total));
}

static void refused(void) {
    uint8_t octets[8] = {0};
    size_t count = 9;
    CHECK(sr_sync_search(octets, 8, 0, 0, 31, 0, 1, found, 1, &count) == SR_BAD_ARGUMENT && count == 0);
    CHECK(sr_sync_search(octets, 8, 0, 0, 32, 16, 1, found, 1, &count) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_search(octets, 8, 0, 0, 64, 32, 1, found, 1, &count) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_search(octets, 8, -1, 0, 32, 0, 1, found, 1, &count) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_search(octets, 8, 0, 0, 32, 0, 1, found, 0, &count) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_search(octets, 8, INT64_MAX, 0, 32, 0, 1, found, 1, &count) == SR_OK && count == 0);
}

static void aligned(void) {
    enum { SIZE = 150 };
    uint64_t seed = 3;
    uint8_t *octets = guarded(SIZE), *frame = guarded(SIZE);
    fill(octets, SIZE, &seed);
    for (size_t length = 0; length <= SIZE; length++)
        for (uint64_t bit = 8 * (SIZE - length), shift = 0; shift < 8 && shift <= bit; shift++) { /* to the last bit */
            uint8_t *out = frame + SIZE - length;
            struct sr_sync_hit hit = {(int64_t)(bit - shift), 0, shift % 2};
            CHECK(sr_sync_align(octets, SIZE, &hit, 1, 0, out, 0, length) == SR_OK);
            for (size_t i = 0; i < 8 * length; i++)
                CHECK(bit_at(out, i) == (bit_at(octets, bit - shift + i) ^ (unsigned)(shift % 2)));
        }
    release(octets, SIZE), release(frame, SIZE);
}

static void align_refused(void) {
    uint8_t octets[10] = {0}, frames[20] = {7};
    struct sr_sync_hit hits[] = {{0, 0, 0}, {9, 0, 0}}, before = {-1, 0, 0}, far = {INT64_MAX, 0, 0};
    CHECK(sr_sync_align(octets, 10, hits, 2, 0, frames, 9, 9) == SR_BAD_ARGUMENT && frames[0] == 7);
    CHECK(sr_sync_align(octets, 10, hits, 2, 0, frames, 7, 8) == SR_BAD_ARGUMENT && frames[0] == 7);
    CHECK(sr_sync_align(octets, 10, hits, 1, -1, frames, 1, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_align(octets, 10, &before, 1, 1, frames, 1, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_align(octets, 10, &far, 1, 1, frames, 1, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_align(octets, 10, hits, 1, 0, frames, 0, SIZE_MAX) == SR_BAD_ARGUMENT);
    CHECK(sr_sync_align(octets, 10, hits, 2, 0, frames, 8, 8) == SR_OK && frames[0] == 0);
}

int main(void) {
    START();
    CHECK(sr_selftest_sync() == SR_OK);
    planted_everywhere();
    starts_anywhere_and_goes_on();
    refused();
    aligned();
    align_refused();
    DONE();
}
