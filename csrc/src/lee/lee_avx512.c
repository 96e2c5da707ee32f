#include "lee/loops.h"

const struct lee_ops lee_avx512 = {take_row, sum_row, filter_row};
