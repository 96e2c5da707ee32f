#define LANES 16
#include "shallow_water/loops.h"

const struct shallow_water_ops shallow_water_avx512 = SHALLOW_WATER_OPS;
