/* The arithmetic of reed_solomon/solve.h for levels whose fastest tool is a look-up among sixteen octets. The file that
 * includes this has defined
 *
 *   LANES, lanes          octets of a vector, and the vector
 *   lookup(table, index)  table[index] in every lane for indices below 16; 0 for those above 0x80
 *   least(a, b)           the smaller one in every lane
 *   mask_of(v)            bit i: whether lane i is 0xff; lanes are 0xff or 0 */
#include "reed_solomon/tables.h"

typedef rs_nibbles linear_map;
#define FIELD rs_field_nibbles

INLINE lanes apply(lanes v, const linear_map *map) { return lookup(&map->low, v & 15) ^ lookup(&map->high, v >> 4); }

/* Logarithms of the two halves of an element of the tower field, and of the sum of the halves. */
struct logarithms {
    lanes low, high, sum;
};
INLINE struct logarithms take_logarithms(lanes v) {
    const rs_lookup *log = &rs_tower.log;
    return (struct logarithms){lookup(log, v & 15), lookup(log, v >> 4), lookup(log, (v & 15) ^ (v >> 4))};
}
/* The power of the generator of GF(16) whose logarithm is a + b, or 0. */
INLINE lanes raise(const rs_lookup *powers, lanes a, lanes b) {
    const lanes sum = a + b;
    return lookup(powers, least(sum, sum - 15));
}
INLINE lanes multiply(lanes a, lanes b) {
    const struct logarithms x = take_logarithms(a), y = take_logarithms(b);
    const lanes low = raise(&rs_tower.both, x.low, y.low), high = raise(&rs_tower.low, x.high, y.high);
    return low ^ high ^ raise(&rs_tower.high, x.sum, y.sum);
}

/* x^254 = x^252 x^2, and x^252 = x^240 x^12. */
INLINE lanes invert(lanes x) {
    const lanes x2 = multiply(x, x), x3 = multiply(x2, x), x6 = multiply(x3, x3), x12 = multiply(x6, x6);
    lanes power = multiply(x12, x3);
    for (unsigned i = 0; i < 4; i++) power = multiply(power, power);
    return multiply(multiply(power, x12), x2);
}

INLINE size_t collect(struct rs_batch *batch, size_t fixes, lanes hits, uint8_t position, lanes numerator,
                      lanes denominator) {
    for (uint64_t mask = mask_of(hits); mask; mask &= mask - 1, fixes++) {
        const unsigned lane = (unsigned)__builtin_ctzll(mask);
        batch->lane[fixes] = (uint8_t)lane, batch->position[fixes] = position;
        batch->value[fixes] = numerator[lane], batch->denominator[fixes] = denominator[lane];
    }
    return fixes;
}
