/* All loops of struct nets_ops. A level that includes this has defined LANES, VECS, PIXELS, `vec` (LANES numbers), splat(),
 * multiply_add(),
 * fused(), the same of single numbers, and multiply_add_i16(), of pairs. */
typedef vec loose __attribute__((aligned(4), may_alias));
#define INLINE static inline __attribute__((always_inline))

/* Pixels that only one window covers come from afar each time: those of the next block are asked for. */
static void ask_for(const float *numbers, size_t count) {
    for (size_t i = 0; i < count; i += 64 / sizeof *numbers) __builtin_prefetch(numbers + i);
}

#define NAMED(name) name
#define MULTIPLY_ADD multiply_add
#include "nets/add_up.h"

#define NAMED(name) name##_i8
#define MULTIPLY_ADD multiply_add_i16
#include "nets/add_up.h"

#include "nets/activation.h"
#include "nets/quantise.h"
#include "nets/sums.h"

#include "nets/pixels.h" /* has need of sums.h */

static void finish(const float *sums, size_t pixels, size_t outputs, uint32_t activation, float *out, size_t stride) {
    for (size_t p = 0; p < pixels; p++) activate(sums + p * NETS_WIDTH, outputs, activation, out + p * stride);
}

#define NETS_OPS                                                                                                       \
    {.add_up = add_up,                                                                                                 \
     .add_up_i8 = add_up_i8,                                                                                           \
     .quantise = quantise,                                                                                             \
     .finish_i8 = finish_i8,                                                                                           \
     .finish = finish,                                                                                                 \
     .total = total,                                                                                                   \
     .add_row = add_row,                                                                                               \
     .add_sizes = add_sizes,                                                                                           \
     .gather = gather,                                                                                                 \
     .dot = dot,                                                                                                       \
     .dot_sizes = dot_sizes,                                                                                           \
     .sum = sum,                                                                                                       \
     .depthwise = depthwise,                                                                                           \
     .max_pool = max_pool,                                                                                             \
     .average_pool = average_pool,                                                                                     \
     .blend = blend,                                                                                                   \
     .add = add,                                                                                                       \
     .activate = activate,                                                                                             \
     .argmax = argmax}
