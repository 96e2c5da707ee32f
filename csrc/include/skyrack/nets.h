/* Layers of small neural networks over images, in binary32, with checksums that reveal a fault of the processor or the
 * memory while a layer is computed.
 *
 * An image is rows x cols x channels numbers, channels next to each other (NHWC, N = 1). Convolutions add up in one
 * order on all levels: channels 0..127 of the first tap (row by row), of the second, and so on; then channels 128..255.
 * AVX2, AVX-512 and NEON fuse each multiplication with its addition and give the same octets as each other; the
 * portable level rounds in between, and its results are those of another order of additions, no worse and no better. */
#ifndef SKYRACK_NETS_H
#define SKYRACK_NETS_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum {
    SR_NETS_SIDE_MAX = 32768,     /* rows or columns of an image */
    SR_NETS_CHANNELS_MAX = 65536, /* of an image */
    SR_NETS_NUMBERS_MAX = 1 << 28 /* of an image, and of the weights of a layer */
};

enum sr_nets_activation { SR_NETS_LINEAR = 0, SR_NETS_RELU = 1, SR_NETS_SIGMOID = 2, SR_NETS_ACTIVATIONS = 3 };

/* A window that slides over an image: of a convolution or a pool. */
struct sr_nets_window {
    uint32_t rows, cols, channels;     /* of the input */
    uint32_t outputs;                  /* channels of the output */
    uint32_t size;                     /* rows and columns of the window: 1..7 of a convolution, 1..16 of others */
    uint32_t stride;                   /* 1..16 */
    uint32_t top, left, bottom, right; /* rows and columns of zeros around the input, each below `size` */
    uint32_t activation;               /* one of enum sr_nets_activation; SR_NETS_LINEAR for a pool */
};

/* Rows and columns of the output: (rows + top + bottom - size) / stride + 1, and columns likewise.
 * Returns SR_OK; SR_BAD_ARGUMENT for a size that is out of its range, or an empty output. */
int sr_nets_output(const struct sr_nets_window *window, uint32_t *rows, uint32_t *cols);

/* Octets that sr_nets_pack writes; 0 for a window that is no convolution's. */
size_t sr_nets_packed(const struct sr_nets_window *window);

/* Lay out the weights of a convolution, once, in the order that the loops of all levels read them in.
 *   weights  size x size x channels x outputs numbers
 *   bias     outputs numbers
 *   packed   packed_size octets, aligned as a double; sr_nets_conv takes nothing but what this function wrote
 * Returns SR_OK, SR_BAD_ARGUMENT, SR_TOO_SMALL. */
int sr_nets_pack(const struct sr_nets_window *window, const float *weights, const float *bias, void *packed,
                 size_t packed_size);

/* What a checked layer found. The caller fills in `input_sum`; the rest is valid after the call. */
struct sr_nets_check {
    uint32_t input_sum;            /* what sr_nets_sum gave of the input when it was made */
    uint32_t output_sum;           /* what sr_nets_sum gives of the output */
    uint32_t row, col, rows, cols; /* on SR_CORRUPT the wrong block of the output; all 0 where the input is wrong */
    /* How far the block's sum was from the predicted one, and how far rounding may move it: of the block where the
     * first was largest in proportion to the second. */
    double off, tolerance;
};

/* Sum of the words of `count` numbers, modulo 2^32: any single flipped bit changes it. */
uint32_t sr_nets_sum(const float *numbers, size_t count);

/* Octets of scratch that sr_nets_conv needs on any level; 0 for a window that is no convolution's. */
size_t sr_nets_scratch(const struct sr_nets_window *window);

/* Convolution (cross-correlation), bias, activation. A dense layer is a convolution of size 1 over an image of one
 * pixel.
 *   packed  as sr_nets_pack wrote it for a window that is equal but for rows and columns
 *   out     output rows x cols x outputs numbers; does not overlap the input
 *   check   NULL, or: for each block of the output, the sum of all its numbers before activation is compared with what
 *           the sums of the input's columns and of the weights predict; and the input is compared with `input_sum`. All
 *           numbers have to be finite.
 * Returns SR_OK, SR_BAD_ARGUMENT, SR_TOO_SMALL; SR_CORRUPT where a check failed, `out` being unspecified then. */
int sr_nets_conv(const struct sr_nets_window *window, const void *packed, const float *in, float *out, void *scratch,
                 size_t scratch_size, struct sr_nets_check *check);

/* Convolution in 8-bit numbers: each number x of the input becomes q = round(x / step) + zero, halves to even, within
 * 0..255; sums of (q - zero) * weight are exact; an output is its sum times its scale, plus its bias, then activated.
 *   weights  size x size x channels x outputs
 *   packed   packed_size octets, aligned as a float
 * All levels give the same octets; size * size * channels is up to SR_NETS_PRODUCTS_MAX. */
enum { SR_NETS_PRODUCTS_MAX = 65536 };
struct sr_nets_steps {
    float step;    /* of the input, above 0 */
    uint32_t zero; /* 0..255 */
};
size_t sr_nets_packed_i8(const struct sr_nets_window *window);
int sr_nets_pack_i8(const struct sr_nets_window *window, const int8_t *weights, const float *scales, const float *bias,
                    void *packed, size_t packed_size);
size_t sr_nets_scratch_i8(const struct sr_nets_window *window);
int sr_nets_conv_i8(const struct sr_nets_window *window, const struct sr_nets_steps *steps, const void *packed,
                    const float *in, float *out, void *scratch, size_t scratch_size);

/* Convolution of each channel by itself. `weights` size x size x channels, `bias` channels numbers; outputs =
 * channels. */
int sr_nets_depthwise(const struct sr_nets_window *window, const float *weights, const float *bias, const float *in,
                      float *out);

/* The largest number, or the mean, of the pixels of each window that lie inside the image. outputs = channels. */
int sr_nets_max_pool(const struct sr_nets_window *window, const float *in, float *out);
int sr_nets_average_pool(const struct sr_nets_window *window, const float *in, float *out);

/* The mean of each channel over all pixels: sums of 64 pixels in binary32, and the sum of those in binary64. */
int sr_nets_mean(const float *in, size_t pixels, uint32_t channels, float *out);

/* An image of `factor` times the rows and columns, each pixel repeated `factor` x `factor` times; factor: 1..16. */
int sr_nets_upsample_nearest(const float *in, uint32_t rows, uint32_t cols, uint32_t channels, uint32_t factor,
                             float *out);

/* An image of twice the rows and columns by bilinear interpolation: a pixel stands for its area, so that its value
 * holds at the area's centre ("half-pixel centres"); beyond the edge the outermost pixels are repeated. */
int sr_nets_upsample_bilinear2(const float *in, uint32_t rows, uint32_t cols, uint32_t channels, float *out);

/* Concatenation of channels, one image at a time: the channels of `in` become those of `out` from channel `at` on.
 * Returns SR_OK, or SR_BAD_ARGUMENT where they do not fit into out_channels. */
int sr_nets_concat(const float *in, size_t pixels, uint32_t channels, float *out, uint32_t out_channels, uint32_t at);

/* activation(a + b), number by number; activation: one of enum sr_nets_activation. `out` may be `a` or `b`. */
int sr_nets_add(const float *a, const float *b, size_t count, uint32_t activation, float *out);

/* The activation alone; `out` may be `in`. The sigmoid is within 3e-7 of 1 / (1 + exp(-x)), relative. */
int sr_nets_activate(const float *in, size_t count, uint32_t activation, float *out);

/* For each pixel the number of the channel that is largest, the first one of equals; channels: 1..256. */
int sr_nets_argmax(const float *in, size_t pixels, uint32_t channels, uint8_t *out);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_nets(void);

#ifdef __cplusplus
}
#endif
#endif
