/* Sixteen lanes. */
#define LANES 16
typedef float vec __attribute__((vector_size(4 * LANES)));
#include "channelize/transpose4.h"

/* The four 128-bit parts of four rows, transposed. */
static inline void transpose_parts(vec *a, vec *b, vec *c, vec *d) {
    vec ab = __builtin_shufflevector(*a, *b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    vec ab_odd = __builtin_shufflevector(*a, *b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    vec cd = __builtin_shufflevector(*c, *d, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    vec cd_odd = __builtin_shufflevector(*c, *d, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    *a = __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    *b = __builtin_shufflevector(ab_odd, cd_odd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    *c = __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    *d = __builtin_shufflevector(ab_odd, cd_odd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

static inline void transpose(vec rows[LANES]) {
    for (int i = 0; i < LANES; i += 4) transpose4(rows + i, rows + i + 1, rows + i + 2, rows + i + 3);
    for (int i = 0; i < 4; i++) transpose_parts(rows + i, rows + i + 4, rows + i + 8, rows + i + 12);
}

#include "channelize/lanes.h"

const struct channelize_ops channelize_avx512 = {LANES, block, transform, power, above};
