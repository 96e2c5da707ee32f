/* All loops of struct nets_ops. A level that includes this has defined LANES, VECS, PIXELS, `vec` (LANES numbers), splat(),
 * multiply_add() and fused(), the same of single numbers. */
#include "nets/add_up.h"
#include "nets/activation.h"
#include "nets/sums.h"
#include "nets/pixels.h"

static void finish(const float *sums, size_t pixels, size_t outputs, uint32_t activation, float *out, size_t stride) {
    for (size_t p = 0; p < pixels; p++) activate(sums + p * NETS_WIDTH, outputs, activation, out + p * stride);
}

#define NETS_OPS                                                                                                       \
    {                                                                                                                  \
        .add_up = add_up, .finish = finish, .total = total, .add_row = add_row, .add_sizes = add_sizes,                \
        .gather = gather, .dot = dot, .dot_sizes = dot_sizes, .sum = sum, .depthwise = depthwise,                      \
        .max_pool = max_pool, .average_pool = average_pool, .blend = blend, .add = add, .activate = activate,          \
        .argmax = argmax                                                                                               \
    }
