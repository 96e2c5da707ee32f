#include "lee/loops.h"

const struct lee_ops lee_avx2 = {take_row, sum_row, filter_row};
