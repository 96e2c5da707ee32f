/* The codes of values, for one type of number. trees/loops.h includes this once for each type, having defined
 *     NUMBER     the type
 *     BITS       the unsigned integer of its size
 *     NAME       of the function
 *
 * The upper bits of a number, taken as an integer that ascends with it, name one of up to BUCKETS buckets, of which it
 * is known how many limits lie below; a binary search among the bucket's own limits, in as many steps as the fullest
 * bucket needs, finds the code. Each step is made for many values at a time, so that the vectoriser finds loops without
 * branches. */
#define BUCKETS 2048
#define AT_A_TIME 256

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define KEY JOIN(NAME, _key)
#define SEARCH JOIN(NAME, _search)
#define PREPARE JOIN(NAME, _prepare)

struct SEARCH {
    BITS lowest;                    /* key of the first limit */
    uint32_t shift, buckets, reach; /* `reach`: a power of two above the number of limits in any bucket */
    uint32_t first[BUCKETS + 1];    /* how many limits lie in the buckets before; the last is for numbers above all */
    NUMBER limits[2 * 256];         /* infinity behind the last limit */
};

/* An integer that ascends with the number, equal for -0.0 and 0.0. */
static inline BITS KEY(NUMBER number) {
    const BITS top = (BITS)1 << (8 * sizeof(BITS) - 1);
    NUMBER plain = number + 0;
    BITS bits;
    memcpy(&bits, &plain, sizeof bits);
    return bits & top ? ~bits : bits | top;
}

static void PREPARE(struct SEARCH *search, const NUMBER *limits) {
    uint32_t count = 0, fullest = 0, at = 0;
    for (int i = 0; i < 512; i++) search->limits[i] = i < 255 ? limits[i] : (NUMBER)INFINITY;
    while (count < 255 && limits[count] < (NUMBER)INFINITY) count++;
    search->lowest = KEY(limits[0]), search->shift = 0;
    BITS span = count ? KEY(limits[count - 1]) - search->lowest : 0;
    while (span >> search->shift >= BUCKETS) search->shift++;
    /* NOLINTNEXTLINE(readability-redundant-casting): BITS may be 64 */
    search->buckets = count ? (uint32_t)(span >> search->shift) + 1 : 0;
    for (uint32_t b = 0; b < search->buckets; b++) {
        uint32_t first = search->first[b] = at;
        while (at < count && (KEY(limits[at]) - search->lowest) >> search->shift == b) at++;
        fullest = at - first > fullest ? at - first : fullest;
    }
    search->first[search->buckets] = count;
    for (search->reach = 1; search->reach <= fullest;) search->reach *= 2;
}

static void NAME(const NUMBER *values, size_t count, const NUMBER *limits, uint8_t missing, uint8_t *codes) {
    struct SEARCH search;
    uint32_t found[AT_A_TIME];
    PREPARE(&search, limits);
    for (size_t done = 0; done < count; done += AT_A_TIME) {
        const size_t here = count - done < AT_A_TIME ? count - done : AT_A_TIME;
        const NUMBER *some = values + done; /* NaN gets any code here, and `missing` below */
        for (size_t i = 0; i < here; i++) {
            BITS key = KEY(some[i]);
            BITS bucket = (key > search.lowest ? key - search.lowest : 0) >> search.shift;
            found[i] = search.first[bucket < search.buckets ? bucket : search.buckets];
        }
        for (uint32_t step = search.reach / 2; step; step /= 2)
            for (size_t i = 0; i < here; i++) found[i] += search.limits[found[i] + step - 1] < some[i] ? step : 0;
        for (size_t i = 0; i < here; i++) found[i] = isnan(some[i]) ? missing : found[i];
        for (size_t i = 0; i < here; i++) codes[done + i] = (uint8_t)found[i];
    }
}

#undef BUCKETS
#undef AT_A_TIME
#undef KEY
#undef SEARCH
#undef PREPARE
#undef JOIN
#undef JOIN_
#undef NAME
#undef BITS
#undef NUMBER
