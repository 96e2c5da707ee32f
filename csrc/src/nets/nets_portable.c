#include "nets/ops.h"

/* Four lanes: the width of SSE2, which x86-64 always has; elsewhere the compiler makes of them what there is. */
#define LANES 4
#define VECS 2
#define PIXELS 6
typedef float vec __attribute__((vector_size(16)));
#define splat(x) ((vec){x, x, x, x})
#define multiply_add(a, b, c) ((a) * (b) + (c))
#define fused(a, b, c) ((a) * (b) + (c))
#include "nets/loops.h"

const struct nets_ops nets_portable = NETS_OPS;
