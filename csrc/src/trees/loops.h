/* What every level compiles as it stands. */
#define NUMBER float
#define BITS uint32_t
#define NAME quantise_f32
#include "trees/quantise.h"
#define NUMBER double
#define BITS uint64_t
#define NAME quantise_f64
#include "trees/quantise.h"
