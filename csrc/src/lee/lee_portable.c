#include "lee/loops.h"

const struct lee_ops lee_portable = {take_row, sum_row, filter_row};
