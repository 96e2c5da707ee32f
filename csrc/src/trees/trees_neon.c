#include "trees_plain.h"

#include "trees_level.h"
const struct trees_ops trees_neon = {
    .quantise_f32 = quantise_f32, .quantise_f64 = quantise_f64, .compare = compare, .add = add};
