/* A model in the caller's memory: coefficients a row, then room for rows of floats. */
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

static inline size_t room_stride(size_t cols) { return (cols * sizeof(float) + LINE - 1) / LINE * (LINE / sizeof(float)); }

/* A row of zeros, then PASS_ROWS rows for each step. */
static inline float *room_row(const struct model *m, size_t row) {
    uint8_t *end = (uint8_t *)(m->c + m->rows);
    return (float *)(end + -(uintptr_t)end % LINE) + row * room_stride(m->cols);
}
#endif
