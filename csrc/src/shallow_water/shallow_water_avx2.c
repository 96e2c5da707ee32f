#define LANES 8
#include "shallow_water/loops.h"

const struct shallow_water_ops shallow_water_avx2 = SHALLOW_WATER_OPS;
