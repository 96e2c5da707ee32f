#include "nets/ops.h"

/* Four lanes: the width of SSE2, which every x86-64 has; elsewhere compilers translate them to what the processor
 * has. */
#define LANES 4
#define VECS 2
#define PIXELS 6
typedef float vec __attribute__((vector_size(16)));
#define splat(x) ((vec){x, x, x, x})
#define multiply_add(a, b, c) ((a) * (b) + (c))
#define fused(a, b, c) ((a) * (b) + (c))
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

const struct nets_ops nets_portable = NETS_OPS;
