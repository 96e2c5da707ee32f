/* What layers of any geometry share. */
#ifndef SKYRACK_SRC_NETS_ANY_H
#define SKYRACK_SRC_NETS_ANY_H
#include "skyrack/nets.h"
#include "skyrack/nets_any.h"
#include <math.h>
#include <string.h>

static inline int is_shape(const struct sr_nets_shape *shape) {
    const uint64_t rows = shape->rows, cols = shape->cols, channels = shape->channels;
    return rows && rows <= SR_NETS_SIDE_MAX && cols && cols <= SR_NETS_SIDE_MAX && channels &&
           channels <= SR_NETS_CHANNELS_MAX && rows * cols * channels <= SR_NETS_NUMBERS_MAX;
}

static inline size_t numbers_of(const struct sr_nets_shape *shape) {
    return (size_t)shape->rows * shape->cols * shape->channels;
}
#endif
