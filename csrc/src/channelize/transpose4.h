/* Transpose 4 x 4 floats in each of the 128-bit parts of four vectors: the first step of each level's transpose(), and
 * all of it for four lanes. The file that includes this has defined LANES, and `vec` of that many floats. */
#if LANES == 4
#define PARTS(a, b, c, d) (a), (b), (c), (d)
#elif LANES == 8
#define PARTS(a, b, c, d) (a), (b), (c), (d), AND(a, 4), AND(b, 4), AND(c, 4), AND(d, 4)
#else
#define PARTS(a, b, c, d)                                                                                              \
    (a), (b), (c), (d), AND(a, 4), AND(b, 4), AND(c, 4), AND(d, 4), AND(a, 8), AND(b, 8), AND(c, 8), AND(d, 8),        \
        AND(a, 12), AND(b, 12), AND(c, 12), AND(d, 12)
#endif
#define AND(place, offset) ((place) + (offset))
#define SECOND(place) ((place) + LANES)

static inline void transpose4(vec *a, vec *b, vec *c, vec *d) {
    vec ab = __builtin_shufflevector(*a, *b, PARTS(0, SECOND(0), 1, SECOND(1)));
    vec ab_high = __builtin_shufflevector(*a, *b, PARTS(2, SECOND(2), 3, SECOND(3)));
    vec cd = __builtin_shufflevector(*c, *d, PARTS(0, SECOND(0), 1, SECOND(1)));
    vec cd_high = __builtin_shufflevector(*c, *d, PARTS(2, SECOND(2), 3, SECOND(3)));
    *a = __builtin_shufflevector(ab, cd, PARTS(0, 1, SECOND(0), SECOND(1)));
    *b = __builtin_shufflevector(ab, cd, PARTS(2, 3, SECOND(2), SECOND(3)));
    *c = __builtin_shufflevector(ab_high, cd_high, PARTS(0, 1, SECOND(0), SECOND(1)));
    *d = __builtin_shufflevector(ab_high, cd_high, PARTS(2, 3, SECOND(2), SECOND(3)));
}
