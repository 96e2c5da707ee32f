#include "trees/plain.h"

#include "trees/loops.h"
const struct trees_ops trees_portable = {
    .quantise_f32 = quantise_f32, .quantise_f64 = quantise_f64, .compare = compare, .add = add};
