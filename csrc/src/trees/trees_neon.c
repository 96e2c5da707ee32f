#include "trees_plain.h"

TREES_QUANTISE(quantise_f32, float)
TREES_QUANTISE(quantise_f64, double)
const struct trees_ops trees_neon = TREES_OPS;
