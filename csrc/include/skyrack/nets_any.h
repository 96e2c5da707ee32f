/* Layers of any geometry, beside those of skyrack/nets.h that are fast. Images are as there: rows x cols x channels numbers.
 *
 * One build serves all levels, so that all give the same octets, and nothing is fused: -ffp-contract=off. Every size is
 * checked before a number is touched; `out` does not overlap what is read, unless said. All return SR_OK or SR_BAD_ARGUMENT. */
#ifndef SKYRACK_NETS_ANY_H
#define SKYRACK_NETS_ANY_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_NETS_REACH_MAX = 4096 /* of a window: its size, stride, dilation, zeros around the image */ };

struct sr_nets_shape {
    uint32_t rows, cols, channels;
};

/* A window that slides over an image; pairs are down and across. */
struct sr_nets_sliding {
    struct sr_nets_shape in, out;
    uint32_t size[2], stride[2], dilation[2]; /* from 1 on */
    uint32_t before[2]; /* rows and columns of zeros above and to the left; `out` tells of the others */
    uint32_t groups;    /* they divide the channels of both images */
};

/* Convolution: numbers outside the image are 0. weights: size x size x in.channels / groups x out.channels; bias: out.channels */
int sr_nets_convolve_any(const struct sr_nets_sliding *window, const float *weights, const float *bias, const float *in,
                         float *out);

/* Transposed convolution: each number of the input adds its multiple of the weights to a window of the output, whose first
 * before[0] rows and before[1] columns are then left out. weights: size x size x in.channels x out.channels / groups */
int sr_nets_transpose_any(const struct sr_nets_sliding *window, const float *weights, const float *bias,
                          const float *in, float *out);

/* Largest, mean of those inside the image, or mean with zeros outside, of each window. Every window has a pixel inside. */
enum sr_nets_pooling { SR_NETS_LARGEST = 0, SR_NETS_MEAN_INSIDE = 1, SR_NETS_MEAN_ALL = 2, SR_NETS_POOLINGS = 3 };
int sr_nets_pool_any(const struct sr_nets_sliding *window, uint32_t pooling, const float *in, float *out);

/* a op b; rows, columns or channels of which one image has a single one are repeated to those of the other. */
enum sr_nets_operation {
    SR_NETS_ADD = 0,
    SR_NETS_SUBTRACT = 1,
    SR_NETS_MULTIPLY = 2,
    SR_NETS_DIVIDE = 3,
    SR_NETS_MAXIMUM = 4,
    SR_NETS_MINIMUM = 5,
    SR_NETS_OPERATIONS = 6
};
int sr_nets_combine(uint32_t operation, const float *a, const struct sr_nets_shape *a_shape, const float *b,
                    const struct sr_nets_shape *b_shape, float *out);

/* A function of each number; p and q are its parameters. In place is allowed. */
enum sr_nets_function {
    SR_NETS_CLIP = 0,         /* within p..q */
    SR_NETS_LEAKY = 1,        /* p x below 0 */
    SR_NETS_HARD_SIGMOID = 2, /* p x + q within 0..1 */
    SR_NETS_HARD_SWISH = 3,   /* x times (x / 6 + 0.5 within 0..1) */
    SR_NETS_TANH = 4,
    SR_NETS_ELU = 5, /* p (exp(x) - 1) below 0 */
    SR_NETS_EXP = 6,
    SR_NETS_LOG = 7,
    SR_NETS_SQRT = 8,
    SR_NETS_ABS = 9,
    SR_NETS_ERF = 10,
    SR_NETS_SOFTPLUS = 11, /* log(1 + exp(x)) */
    SR_NETS_FUNCTIONS = 12
};
int sr_nets_apply(uint32_t function, float p, float q, const float *in, size_t count, float *out);

/* factors[channel] * x + shifts[channel]. In place is allowed. */
int sr_nets_scale(const float *in, size_t pixels, uint32_t channels, const float *factors, const float *shifts,
                  float *out);

/* Shares of exp(x) among the channels of each pixel, or their logarithms. In place is allowed. */
int sr_nets_softmax(const float *in, size_t pixels, uint32_t channels, uint32_t logarithms, float *out);

/* Over the axes whose bit is set (1 rows, 2 columns, 4 channels), which become one each; sums are of binary64. */
enum sr_nets_reduction { SR_NETS_SUM = 0, SR_NETS_MEAN = 1, SR_NETS_MAX = 2, SR_NETS_MIN = 3, SR_NETS_REDUCTIONS = 4 };
int sr_nets_reduce(uint32_t reduction, uint32_t axes, const float *in, const struct sr_nets_shape *shape, float *out);

/* Other rows and columns. Where a pixel of the output lies in the input, is computed in binary32 from `scale` (output per
 * input): with half-pixel centres (the same, but 0 where there is one pixel), from corner to corner, or from the first on. */
enum sr_nets_centres {
    SR_NETS_HALF = 0,
    SR_NETS_HALF_OR_0 = 1,
    SR_NETS_CORNERS = 2,
    SR_NETS_FIRST = 3,
    SR_NETS_CENTRES = 4
};
/* Linear between the pixels beside, or the nearest: of two as near the one before or behind; or the one before, or behind. */
enum sr_nets_between {
    SR_NETS_LINEAR_BETWEEN = 0,
    SR_NETS_NEAREST_BEFORE = 1,
    SR_NETS_NEAREST_BEHIND = 2,
    SR_NETS_FLOOR = 3,
    SR_NETS_CEIL = 4,
    SR_NETS_BETWEENS = 5
};
struct sr_nets_resizing {
    struct sr_nets_shape in, out;
    uint32_t centres, between;
    float scale[2];
};
int sr_nets_resize(const struct sr_nets_resizing *resizing, const float *in, float *out);

/* A frame around the image: of one number, of what lies inside mirrored without the edge, or of the edge. */
enum sr_nets_framing { SR_NETS_CONSTANT = 0, SR_NETS_MIRROR = 1, SR_NETS_EDGE = 2, SR_NETS_FRAMINGS = 3 };
int sr_nets_pad(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *before,
                const struct sr_nets_shape *out_shape, uint32_t framing, float value, float *out);

/* Every step-th row, column and channel from `start` on, as many as `out` has. */
int sr_nets_cut(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *start,
                const struct sr_nets_shape *step, const struct sr_nets_shape *out_shape, float *out);

/* The image becomes the part of `out` that begins at `at`. */
int sr_nets_place(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *at,
                  const struct sr_nets_shape *out_shape, float *out);

/* To whole numbers and back: (q - back_zero) * back_step of q = round(x / step) + zero, halves to even, within low..high,
 * which lie within -255..255. NaN is taken as `low`. In place is allowed. */
struct sr_nets_rounding {
    float step, back_step; /* above 0 */
    int32_t zero, low, high, back_zero;
};
int sr_nets_round(const struct sr_nets_rounding *rounding, const float *in, size_t count, float *out);

#ifdef __cplusplus
}
#endif
#endif
