#include "level.h"
#include "sync/ops.h"

static const struct sync_ops *const TABLES[SR_LEVELS] = {[SR_PORTABLE] = &sync_portable,
                                                         SR_ON_X86([SR_AVX2] = &sync_avx2, [SR_AVX512] = &sync_avx512)};

/* The state of a search. */
struct search {
    const uint8_t *octets;
    size_t size;
    uint64_t first;
    uint64_t marker; /* its first bit on top */
    unsigned width, errors;
    int inverted;
    struct sr_sync_hit *hits;
    size_t room, count;
    const struct sync_ops *ops;
    struct sync_pattern pattern;
};

/* The 64 bits from `bit` on; zeros stand for what lies behind the end. */
static uint64_t bits_at(const struct search *search, uint64_t bit) {
    size_t at = bit / 8, have = search->size - at < 9 ? search->size - at : 9;
    uint8_t window[9] = {0};
    memcpy(window, search->octets + at, have);
    return sync_load64(window) << bit % 8 | window[8] >> (8 - bit % 8);
}

/* Compare in full at one place. Returns 0 when there is no room for another hit. */
static int judge(struct search *search, uint64_t bit) {
    uint64_t differing = (bits_at(search, bit) ^ search->marker) >> (64 - search->width);
    unsigned wrong = (unsigned)__builtin_popcountll(differing), right = search->width - wrong;
    if (wrong <= search->errors) search->hits[search->count++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)wrong, 0};
    else if (search->inverted && right <= search->errors)
        search->hits[search->count++] = (struct sr_sync_hit){(int64_t)bit, (uint8_t)right, 1};
    return search->count < search->room;
}

/* As few bits as let one block in eight or less of random octets through; a small block has fewer false places. */
static unsigned groups_for(unsigned lanes, unsigned width, unsigned errors) {
    if (errors <= (lanes < 4)) return 2;
    if (errors <= (lanes < 8 ? 3 : 2)) return 3;
    return errors <= 5 || width == 32 ? 4 : 8;
}

static void set_bound(uint64_t bound[SYNC_PLANES], unsigned count) {
    for (int plane = 0; plane < SYNC_PLANES; plane++) bound[plane] = count >> plane & 1 ? 0 : ~0ULL;
}

static void set_pattern(struct search *search) {
    struct sync_pattern *pattern = &search->pattern;
    const unsigned never = (1 << SYNC_PLANES) - 1;
    for (int i = 0; i < 64; i++) pattern->flip[i] = search->marker >> (63 - i) & 1 ? ~0ULL : 0;
    pattern->groups = groups_for(search->ops->lanes, search->width, search->errors);
    set_bound(pattern->few, search->errors);
    set_bound(pattern->many, search->inverted ? 8 * pattern->groups - search->errors : never);
}

/* Judge the places of a block at bit `block` that the filter found. Returns 0 when there is no room. */
static int judge_block(struct search *search, const uint64_t *found, uint64_t block) {
    for (unsigned lane = 0; lane < search->ops->lanes; lane++)
        for (uint64_t places = found[lane]; places;) {
            unsigned place = (unsigned)__builtin_clzll(places);
            uint64_t bit = block + 64 * lane + place;
            places &= ~(1ULL << 63 >> place);
            int whole = bit >= search->first && bit + search->width <= 8 * (uint64_t)search->size;
            if (whole && !judge(search, bit)) return 0;
        }
    return 1;
}

/* Sift `size` octets, those of the stream from octet `from` on, by whole blocks. Returns how many; 0: no room left. */
static size_t sift(struct search *search, const uint8_t *octets, size_t size, size_t from) {
    const size_t block = 8 * search->ops->lanes;
    uint64_t found[SYNC_LANES_MAX];
    size_t at = 0;
    while (at = search->ops->next(&search->pattern, octets, size, at, found), size - at >= block + 8) {
        if (!judge_block(search, found, 8 * (uint64_t)(from + at))) return 0;
        at += block;
    }
    return at;
}

/* The stream, then what lies behind its last whole block, with zeros after it. */
static void run(struct search *search) {
    const size_t block = 8 * search->ops->lanes;
    size_t from = search->first / 8;
    if (search->size - from >= block + 8) {
        size_t sifted = sift(search, search->octets + from, search->size - from, from);
        if (sifted == 0) return;
        from += sifted;
    }
    uint8_t end[2 * 8 * SYNC_LANES_MAX + 8] = {0};
    const size_t rest = search->size - from, blocks = (rest + block - 1) / block;
    memcpy(end, search->octets + from, rest);
    sift(search, end, blocks * block + 8, from);
}

int sr_sync_search(const uint8_t *octets, size_t size, int64_t first, uint64_t marker, unsigned width, unsigned errors,
                   int inverted, struct sr_sync_hit *hits, size_t room, size_t *count) {
    *count = 0;
    if ((width != 32 && width != 64) || errors >= width / 2 || first < 0 || room == 0) return SR_BAD_ARGUMENT;
    struct search search = {.octets = octets,
                            .size = size,
                            .first = (uint64_t)first,
                            .marker = marker << (64 - width),
                            .width = width,
                            .errors = errors,
                            .inverted = inverted,
                            .hits = hits,
                            .room = room,
                            .ops = SR_PICK(TABLES)};
    if (search.first / 8 >= size) return SR_OK;
    set_pattern(&search);
    run(&search);
    *count = search.count;
    return SR_OK;
}

/* `length`, at most `size`, octets from bit `bit` + `skip` on lie inside `size` octets. */
static int inside(int64_t bit, int64_t skip, size_t length, size_t size) {
    return bit >= 0 && (uint64_t)(bit + skip) <= 8 * (uint64_t)(size - length);
}

/* Octets that begin `shift` bits, 0..7, after those of `octets`, XORed with `flip`. A word is shifted as a whole; what
 * strays from one of its octets into the next is masked out and comes from a word one octet further on. */
static void shift_out(const uint8_t *octets, unsigned shift, uint8_t flip, uint8_t *restrict out, size_t length) {
    typedef uint64_t words __attribute__((vector_size(16)));
    const uint64_t ones = 0x0101010101010101, late = (0xFFU >> (8 - shift)) * ones, early = ~late, flips = flip * ones;
    const uint8_t *after = octets + (shift != 0);
    size_t i = 0;
    for (words here, there; i + sizeof here <= length; i += sizeof here) {
        memcpy(&here, octets + i, sizeof here);
        memcpy(&there, after + i, sizeof there);
        here = ((here << shift & early) | (there >> (8 - shift) & late)) ^ flips;
        memcpy(out + i, &here, sizeof here);
    }
    for (; i < length; i++) out[i] = (uint8_t)(octets[i] << shift | after[i] >> (8 - shift)) ^ flip;
}

int sr_sync_align(const uint8_t *octets, size_t size, const struct sr_sync_hit *hits, size_t count, int64_t skip,
                  uint8_t *frames, size_t stride, size_t length) {
    if (skip < 0 || length > size || (count > 1 && stride < length)) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        if (hits[i].bit > INT64_MAX - skip || !inside(hits[i].bit, skip, length, size)) return SR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = (uint64_t)(hits[i].bit + skip);
        shift_out(octets + bit / 8, bit % 8, hits[i].inverted ? 0xFF : 0, frames + i * stride, length);
    }
    return SR_OK;
}

/* Noise with one marker planted upside down, one of its bits wrong; long enough for the filter of every level. */
int sr_selftest_sync(void) {
    enum { SIZE = 400, PLANTED = 1003, MARKER = 0x1ACFFC1D };
    static const uint8_t UPRIGHT[] = {0x1B, 0xCF, 0xFC, 0x1D}; /* bit 7 stays wrong */
    uint8_t stream[SIZE], frame[sizeof UPRIGHT];
    for (uint32_t i = 0, noise = 1; i < SIZE; i++, noise = noise * 1664525 + 1013904223)
        stream[i] = (uint8_t)(noise >> 24);
    for (unsigned i = 0; i < 32; i++) {
        unsigned bit = PLANTED + i, one = (MARKER >> (31 - i) & 1) == (i == 7);
        stream[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
        stream[bit / 8] |= (uint8_t)(one << (7 - bit % 8));
    }
    struct sr_sync_hit hit[2];
    size_t count;
    int status = sr_sync_search(stream, SIZE, 0, MARKER, 32, 1, 1, hit, 2, &count);
    if (status != SR_OK || count != 1 || hit[0].bit != PLANTED || hit[0].errors != 1 || !hit[0].inverted)
        return SR_CORRUPT;
    status = sr_sync_align(stream, SIZE, hit, 1, 0, frame, sizeof frame, sizeof frame);
    return status == SR_OK && memcmp(frame, UPRIGHT, sizeof frame) == 0 ? SR_OK : SR_CORRUPT;
}
