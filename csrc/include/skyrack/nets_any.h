/* Layers of any geometry, where skyrack/nets.h has no fast one. Images are as there: rows x cols x channels numbers.
 *
 * All levels run the same code, and no multiplication is fused with an addition, so all give the same octets. Every
 * size is checked before a number is touched; `out` does not overlap what is read, unless said. All functions return
 * SR_OK or SR_BAD_ARGUMENT. */
#ifndef SKYRACK_NETS_ANY_H
#define SKYRACK_NETS_ANY_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_NETS_REACH_MAX = 4096 /* the largest size, stride and dilation of a window, and rows or columns of zeros */ };

struct sr_nets_shape {
    uint32_t rows, cols, channels;
};

/* A window that slides over an image. Of each pair the first number is for rows, the second for columns. */
struct sr_nets_sliding {
    struct sr_nets_shape in, out;
    uint32_t size[2], stride[2], dilation[2]; /* from 1 on */
    uint32_t before[2]; /* rows of zeros above the image, columns to its left; the others follow from `out` */
    uint32_t groups;    /* divides the channels of both images: each group of outputs sees its group of inputs */
};

/* Convolution; numbers outside the image are 0.
 *   weights  size[0] x size[1] x in.channels / groups x out.channels numbers
 *   bias     out.channels numbers */
int sr_nets_convolve_any(const struct sr_nets_sliding *window, const float *weights, const float *bias, const float *in,
                         float *out);

/* Transposed convolution: each number of the input adds its multiple of the weights to a window of the output, whose
 * first before[0] rows and before[1] columns are then left out.
 *   weights  size[0] x size[1] x in.channels x out.channels / groups numbers
 *   bias     out.channels numbers */
int sr_nets_transpose_any(const struct sr_nets_sliding *window, const float *weights, const float *bias,
                          const float *in, float *out);

/* Pooling: one number for each window and channel. Every window must have a pixel inside the image. */
enum sr_nets_pooling {
    SR_NETS_LARGEST = 0,     /* the largest of the pixels inside the image */
    SR_NETS_MEAN_INSIDE = 1, /* their mean */
    SR_NETS_MEAN_ALL = 2,    /* the mean over the whole window, zeros standing for pixels outside */
    SR_NETS_POOLINGS = 3
};
int sr_nets_pool_any(const struct sr_nets_sliding *window, uint32_t pooling, const float *in, float *out);

/* out = a `operation` b, number by number. Where one image has a single row, column or channel, it is repeated for all
 * of the other image's. */
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

/* A function of each number x; p and q are its parameters. `out` may be `in`. */
enum sr_nets_function {
    SR_NETS_CLIP = 0,         /* x, but at least p and at most q */
    SR_NETS_LEAKY = 1,        /* x, or p x where x is below 0 */
    SR_NETS_HARD_SIGMOID = 2, /* p x + q, but at least 0 and at most 1 */
    SR_NETS_HARD_SWISH = 3,   /* x times x / 6 + 0.5, the second factor at least 0 and at most 1 */
    SR_NETS_TANH = 4,
    SR_NETS_ELU = 5, /* x, or p (exp(x) - 1) where x is below 0 */
    SR_NETS_EXP = 6,
    SR_NETS_LOG = 7,
    SR_NETS_SQRT = 8,
    SR_NETS_ABS = 9,
    SR_NETS_ERF = 10,
    SR_NETS_SOFTPLUS = 11, /* log(1 + exp(x)) */
    SR_NETS_FUNCTIONS = 12
};
int sr_nets_apply(uint32_t function, float p, float q, const float *in, size_t count, float *out);

/* factors[channel] * x + shifts[channel] for each number x. `out` may be `in`. */
int sr_nets_scale(const float *in, size_t pixels, uint32_t channels, const float *factors, const float *shifts,
                  float *out);

/* Softmax over the channels of each pixel: exp(x) divided by the sum of exp over them; where `logarithms` is not 0, the
 * logarithm of that. `out` may be `in`. */
int sr_nets_softmax(const float *in, size_t pixels, uint32_t channels, uint32_t logarithms, float *out);

/* One number from all that differ in the axes whose bit is set in `axes` (1 rows, 2 columns, 4 channels); these axes
 * have length 1 in `out`. Sums are of binary64. */
enum sr_nets_reduction { SR_NETS_SUM = 0, SR_NETS_MEAN = 1, SR_NETS_MAX = 2, SR_NETS_MIN = 3, SR_NETS_REDUCTIONS = 4 };
int sr_nets_reduce(uint32_t reduction, uint32_t axes, const float *in, const struct sr_nets_shape *shape, float *out);

/* Resizing: an image of other rows and columns. The place in the input that pixel number `at` of the output shows,
 * along one axis, computed in binary32; `scale` is output pixels for one of the input. */
enum sr_nets_centres {
    SR_NETS_HALF = 0,      /* (at + 0.5) / scale - 0.5: half-pixel centres */
    SR_NETS_HALF_OR_0 = 1, /* the same, but 0 where the output has a single pixel */
    SR_NETS_CORNERS = 2,   /* first pixels lie upon each other, and last pixels: `scale` has no part */
    SR_NETS_FIRST = 3,     /* at / scale */
    SR_NETS_CENTRES = 4
};
/* What the output shows of a place that lies between two pixels of the input. */
enum sr_nets_between {
    SR_NETS_LINEAR_BETWEEN = 0, /* linear interpolation between the two */
    SR_NETS_NEAREST_BEFORE = 1, /* the nearer one; of two as near, the first */
    SR_NETS_NEAREST_BEHIND = 2, /* the nearer one; of two as near, the second */
    SR_NETS_FLOOR = 3,          /* the first */
    SR_NETS_CEIL = 4,           /* the second */
    SR_NETS_BETWEENS = 5
};
struct sr_nets_resizing {
    struct sr_nets_shape in, out;
    uint32_t centres, between; /* enum sr_nets_centres, enum sr_nets_between */
    float scale[2];            /* of rows, of columns */
};
int sr_nets_resize(const struct sr_nets_resizing *resizing, const float *in, float *out);

/* Padding: a frame around the image, in all three axes; `before` says how much of it comes before the image. */
enum sr_nets_framing {
    SR_NETS_CONSTANT = 0, /* of the number `value` */
    SR_NETS_MIRROR = 1,   /* of the image mirrored at its outermost numbers, which are not repeated (c b | a b c) */
    SR_NETS_EDGE = 2,     /* of the outermost numbers repeated */
    SR_NETS_FRAMINGS = 3
};
int sr_nets_pad(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *before,
                const struct sr_nets_shape *out_shape, uint32_t framing, float value, float *out);

/* Slicing: every `step`-th row, column and channel from `start` on, as many as `out_shape` has. */
int sr_nets_cut(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *start,
                const struct sr_nets_shape *step, const struct sr_nets_shape *out_shape, float *out);

/* Copy the image into the larger one at `out`, from row, column and channel `at` on; the rest of `out` stays as it
 * is. */
int sr_nets_place(const float *in, const struct sr_nets_shape *shape, const struct sr_nets_shape *at,
                  const struct sr_nets_shape *out_shape, float *out);

/* Quantised and back: out = (q - back_zero) * back_step with q = round(x / step) + zero, halves rounded to even, q at
 * least `low` and at most `high`. All four whole numbers lie within -255..255. NaN is taken as `low`. `out` may be
 * `in`. */
struct sr_nets_rounding {
    float step, back_step; /* above 0 */
    int32_t zero, low, high, back_zero;
};
int sr_nets_round(const struct sr_nets_rounding *rounding, const float *in, size_t count, float *out);

#ifdef __cplusplus
}
#endif
#endif
