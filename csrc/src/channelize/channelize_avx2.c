/* Eight lanes. */
#define LANES 8
typedef float vec __attribute__((vector_size(4 * LANES)));
#include "channelize/transpose4.h"

static inline void transpose(vec rows[LANES]) {
    transpose4(rows, rows + 1, rows + 2, rows + 3), transpose4(rows + 4, rows + 5, rows + 6, rows + 7);
    for (int i = 0; i < 4; i++) {
        vec low = rows[i], high = rows[i + 4];
        rows[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11);
        rows[i + 4] = __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

#include "channelize/lanes.h"

const struct channelize_ops channelize_avx2 = {LANES, block, transform, power, above};
