/* The channelizer for LANES frames at once, one to each lane: the FIR filter in the order of the samples, a
 * transposition in registers, then an FFT of 64 as 8 x 8 in which all frames take the same steps. The file that
 * includes this has defined LANES, `vec` of that many floats, and transpose() of LANES such vectors. */
#include "channelize/ops.h"

typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Filter LANES neighbouring floats of LANES successive frames; rows[f] gets those of frame f. */
static inline void fir(const float *in, const float *taps, vec rows[LANES]) {
    vec tap[TAPS];
    for (int t = 0; t < TAPS; t++) tap[t] = *(const loose *)(taps + t * FRAME);
    for (int f = 0; f < LANES; f++) {
        vec sum = tap[0] * *(const loose *)(in + f * FRAME);
        for (int t = 1; t < TAPS; t++) sum += tap[t] * *(const loose *)(in + (f + t) * FRAME);
        rows[f] = sum;
    }
}

struct complex_vec {
    vec re, im;
};
typedef struct complex_vec cvec;

static inline cvec add(cvec a, cvec b) { return (cvec){a.re + b.re, a.im + b.im}; }
static inline cvec sub(cvec a, cvec b) { return (cvec){a.re - b.re, a.im - b.im}; }
static inline cvec times(cvec a, float re, float im) { return (cvec){a.re * re - a.im * im, a.re * im + a.im * re}; }
static inline cvec by_minus_i(cvec a) { return (cvec){a.im, -a.re}; }

/* FFT of 4, in place, results in order. */
static inline void fft4(cvec *a, cvec *b, cvec *c, cvec *d) {
    cvec even = add(*a, *c), odd = add(*b, *d), rest = sub(*a, *c), turned = by_minus_i(sub(*b, *d));
    *a = add(even, odd), *b = add(rest, turned), *c = sub(even, odd), *d = sub(rest, turned);
}

/* FFT of 8; x[k] is result k. */
static inline void fft8(cvec x[8]) {
    const float half = 0.70710678118654752440F;
    cvec a = x[0], b = x[2], c = x[4], d = x[6], e = x[1], f = x[3], g = x[5], h = x[7];
    fft4(&a, &b, &c, &d), fft4(&e, &f, &g, &h);
    f = (cvec){(f.re + f.im) * half, (f.im - f.re) * half};
    g = by_minus_i(g);
    h = (cvec){(h.im - h.re) * half, -(h.re + h.im) * half};
    x[0] = add(a, e), x[1] = add(b, f), x[2] = add(c, g), x[3] = add(d, h);
    x[4] = sub(a, e), x[5] = sub(b, f), x[6] = sub(c, g), x[7] = sub(d, h);
}

/* exp(-2 pi i n k / 64) for n, k = 1..7: cosine, then sine. */
/* clang-format off */
static const float TWIDDLES[7][7][2] = {
    {{0.99518472F, -0.098017141F}, {0.980785251F, -0.195090324F}, {0.956940353F, -0.290284663F},
     {0.923879504F, -0.382683426F}, {0.881921291F, -0.471396744F}, {0.831469595F, -0.555570245F},
     {0.773010433F, -0.634393275F}},
    {{0.980785251F, -0.195090324F}, {0.923879504F, -0.382683426F}, {0.831469595F, -0.555570245F},
     {0.707106769F, -0.707106769F}, {0.555570245F, -0.831469595F}, {0.382683426F, -0.923879504F},
     {0.195090324F, -0.980785251F}},
    {{0.956940353F, -0.290284663F}, {0.831469595F, -0.555570245F}, {0.634393275F, -0.773010433F},
     {0.382683426F, -0.923879504F}, {0.098017141F, -0.99518472F}, {-0.195090324F, -0.980785251F},
     {-0.471396744F, -0.881921291F}},
    {{0.923879504F, -0.382683426F}, {0.707106769F, -0.707106769F}, {0.382683426F, -0.923879504F},
     {0.0F, -1.0F}, {-0.382683426F, -0.923879504F}, {-0.707106769F, -0.707106769F},
     {-0.923879504F, -0.382683426F}},
    {{0.881921291F, -0.471396744F}, {0.555570245F, -0.831469595F}, {0.098017141F, -0.99518472F},
     {-0.382683426F, -0.923879504F}, {-0.773010433F, -0.634393275F}, {-0.980785251F, -0.195090324F},
     {-0.956940353F, 0.290284663F}},
    {{0.831469595F, -0.555570245F}, {0.382683426F, -0.923879504F}, {-0.195090324F, -0.980785251F},
     {-0.707106769F, -0.707106769F}, {-0.980785251F, -0.195090324F}, {-0.923879504F, 0.382683426F},
     {-0.555570245F, 0.831469595F}},
    {{0.773010433F, -0.634393275F}, {0.195090324F, -0.980785251F}, {-0.471396744F, -0.881921291F},
     {-0.923879504F, -0.382683426F}, {-0.956940353F, 0.290284663F}, {-0.555570245F, 0.831469595F},
     {0.098017141F, 0.99518472F}},
};
/* clang-format on */

/* FFT of 64 of the complex numbers x[m], in place. Input m = 8 p + q, result k = r + 8 s: eight FFTs over p, then eight
 * over q; result k = r + 8 s ends at x[8 r + s]. */
static inline void fft64(cvec x[CHANNELS]) {
    for (int q = 0; q < 8; q++) {
        cvec column[8];
        for (int p = 0; p < 8; p++) column[p] = x[8 * p + q];
        fft8(column);
        x[q] = column[0];
        for (int r = 1; r < 8; r++)
            x[8 * r + q] = q ? times(column[r], TWIDDLES[q - 1][r - 1][0], TWIDDLES[q - 1][r - 1][1]) : column[r];
    }
    for (int r = 0; r < 8; r++) fft8(x + 8 * r);
}

/* Put LANES neighbouring floats of LANES frames, rows[f] of frame f, to their places in x, one frame to each lane. */
static inline void place(vec rows[LANES], cvec x[CHANNELS], int at) {
    vec *floats = &x[0].re;
    transpose(rows);
    for (int i = 0; i < LANES; i++) floats[at + i] = rows[i];
}

static inline void spectra_of(cvec x[CHANNELS], float *out) {
    vec rows[LANES];
    fft64(x);
    for (int at = 0; at < CHANNELS; at += LANES / 2) {
        for (int i = 0; i < LANES / 2; i++) {
            cvec channel = x[(at + i) % 8 * 8 + (at + i) / 8];
            rows[2 * i] = channel.re, rows[2 * i + 1] = channel.im;
        }
        transpose(rows);
        for (int f = 0; f < LANES; f++) *(loose *)(out + f * FRAME + 2 * at) = rows[f];
    }
}

static void block(const float *in, const float *taps, float *out) {
    vec rows[LANES];
    cvec x[CHANNELS];
    for (int at = 0; at < FRAME; at += LANES) {
        fir(in + at, taps + at, rows);
        place(rows, x, at);
    }
    spectra_of(x, out);
}

static void transform(const float *in, float *out) {
    vec rows[LANES];
    cvec x[CHANNELS];
    for (int at = 0; at < FRAME; at += LANES) {
        for (int f = 0; f < LANES; f++) rows[f] = *(const loose *)(in + f * FRAME + at);
        place(rows, x, at);
    }
    spectra_of(x, out);
}

static void power(const float *restrict spectra, size_t frames, double *restrict sums) {
    for (size_t n = 0; n < frames; n++)
        for (int k = 0; k < CHANNELS; k++) {
            double re = spectra[n * FRAME + 2 * k], im = spectra[n * FRAME + 2 * k + 1];
            sums[k] += re * re + im * im;
        }
}

static uint64_t above(const float *restrict frame, const float *restrict threshold, float *restrict powers) {
    uint64_t mask = 0;
    uint8_t is_above[CHANNELS];
    for (int k = 0; k < CHANNELS; k++) powers[k] = frame[2 * k] * frame[2 * k] + frame[2 * k + 1] * frame[2 * k + 1];
    for (int k = 0; k < CHANNELS; k++) is_above[k] = powers[k] > threshold[k];
    for (int octet = 0; octet < CHANNELS / 8; octet++) {
        uint64_t eight = 0; /* the lowest bits of eight octets, gathered by a multiplication */
        for (int i = 0; i < 8; i++) eight |= (uint64_t)is_above[8 * octet + i] << 8 * i;
        mask |= (eight * 0x0102040810204080 >> 56) << 8 * octet;
    }
    return mask;
}
