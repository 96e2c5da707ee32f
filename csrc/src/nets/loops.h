/* All loops of struct nets_ops. The file that includes this has defined
 *     LANES, vec                  numbers of a vector, and the vector
 *     VECS, PIXELS                the size of a block of sums, see nets/add_up.h
 *     splat(x)                    a vector of the one number x
 *     multiply_add(a, b, sum)     a * b + sum, rounded as the level does
 *     fused(a, b, sum)            the same of single numbers
 *     multiply_add_i16(a, b, sum) the same of pairs of 16-bit numbers, whose two products both go to a 32-bit sum */
typedef vec loose __attribute__((aligned(4), may_alias));
#define INLINE static inline __attribute__((always_inline))

/* Fetch the next block's pixels into the cache: a window of one pixel shares none with the windows before, so that none
 * of its pixels is there yet. */
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

#include "nets/pixels.h" /* uses the functions of sums.h */

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
