/* A model in the caller's memory: coefficients a row; and in scratch room for rows of floats. */
#ifndef SKYRACK_SRC_SHALLOW_WATER_MODEL_H
#define SKYRACK_SRC_SHALLOW_WATER_MODEL_H
#include "shallow_water/ops.h"

enum {
    STEPS_MAX = 8, /* that pass over the memory together */
    PASS_ROWS = 6, /* of room, for each of them */
    LINE = 64      /* octets; rows of room begin with one */
};

struct model {
    uint32_t rows, cols;
    struct constants k;
    struct coefficients c[];
};

static inline size_t room_stride(size_t cols) {
    return (cols * sizeof(float) + LINE - 1) / LINE * (LINE / sizeof(float));
}

/* A row of zeros, then PASS_ROWS rows for each step. */
static inline float *room_row(void *scratch, size_t cols, size_t row) {
    return (float *)((uint8_t *)scratch + -(uintptr_t)scratch % LINE) + row * room_stride(cols);
}
#endif
