/* A model in the caller's memory: coefficients for each row; and the rows of floats in scratch. */
#ifndef SKYRACK_SRC_SHALLOW_WATER_MODEL_H
#define SKYRACK_SRC_SHALLOW_WATER_MODEL_H
#include "shallow_water/ops.h"

enum {
    STEPS_MAX = 8, /* the most steps that are made in one pass over the memory */
    PASS_ROWS = 6, /* rows in scratch for each of these steps */
    LINE = 64      /* octets of a cache line, where each row in scratch begins */
};

struct model {
    uint32_t rows, cols;
    struct constants k;
    struct coefficients c[];
};

static inline size_t room_stride(size_t cols) {
    return (cols * sizeof(float) + LINE - 1) / LINE * (LINE / sizeof(float));
}

/* Row number `row` in scratch: row 0 is zeros, then come PASS_ROWS rows for each step. */
static inline float *room_row(void *scratch, size_t cols, size_t row) {
    return (float *)((uint8_t *)scratch + -(uintptr_t)scratch % LINE) + row * room_stride(cols);
}
#endif
