#include "nets/ops.h"
#include <arm_neon.h>

/* 24 sums, 4 weights, 1 splat number: 29 of 32 registers. */
#define LANES 4
#define VECS 4
#define PIXELS 6
typedef float32x4_t vec;
#define splat vdupq_n_f32
#define multiply_add(a, b, c) vfmaq_f32(c, a, b)
#define fused __builtin_fmaf
/* Sums are added up without sign: they may overflow where weights have changed in memory, and C defines that for
 * unsigned numbers only. */
typedef int32_t ints __attribute__((vector_size(16)));
typedef uint32_t uints __attribute__((vector_size(16)));
static inline vec multiply_add_i16(vec a, vec b, vec sum) {
    const ints x = (ints)a, y = (ints)b;
    const uints low = (uints)(x << 16 >> 16) * (uints)(y << 16 >> 16), high = (uints)(x >> 16) * (uints)(y >> 16);
    return (vec)((uints)sum + low + high);
}
#include "nets/loops.h"

const struct nets_ops nets_neon = NETS_OPS;
