/* The loops that are the same text on every level, which each compiles for its own vectors: quantise_f32,
 * quantise_f64. */
#define NUMBER float
#define BITS uint32_t
#define NAME quantise_f32
#include "trees/quantise.h"
#define NUMBER double
#define BITS uint64_t
#define NAME quantise_f64
#include "trees/quantise.h"
