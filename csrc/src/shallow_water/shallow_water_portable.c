#define LANES 4
#include "shallow_water/loops.h"

const struct shallow_water_ops shallow_water_portable = SHALLOW_WATER_OPS;
