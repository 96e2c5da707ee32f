/* The innermost loops of a convolution: sums for up to PIXELS pixels x VECS vectors of LANES outputs, kept in
 * registers.
 *
 * Included by nets/loops.h once for each kind of numbers, which MULTIPLY_ADD and NAMED() belong to. LANES, VECS,
 * PIXELS, `vec` and splat(), which fills a vector with one number, are the level's: PIXELS x VECS sums, VECS weights
 * and one splat number fit its registers. */

/* Sums for `pixels` neighbouring pixels; `pixels` and `vecs` are constants where this is inlined, so that loops
 * unroll. */
INLINE void NAMED(add_pixels)(const struct nets_step *step, const float *in, const float *weights, const float *start,
                              float *sums, int pixels, const int vecs) {
    vec sum[PIXELS][VECS];
    for (int p = 0; p < pixels; p++)
        for (int v = 0; v < vecs; v++) sum[p][v] = *(const loose *)(start + p * step->start_apart + v * LANES);
    const size_t across = step->across;
    for (size_t row = 0; row < step->taps_down; row++)
        for (size_t col = 0; col < step->taps_across; col++) {
            const float *x = in + row * step->below + col * step->right, *end = x + step->channels;
            for (; x < end; x++, weights += NETS_WIDTH) {
                vec w[VECS];
                for (int v = 0; v < vecs; v++) w[v] = *(const loose *)(weights + v * LANES);
                for (int p = 0; p < pixels; p++)
                    for (int v = 0; v < vecs; v++) sum[p][v] = MULTIPLY_ADD(splat(x[p * across]), w[v], sum[p][v]);
            }
        }
    for (int p = 0; p < pixels; p++)
        for (int v = 0; v < vecs; v++) *(loose *)(sums + p * NETS_WIDTH + v * LANES) = sum[p][v];
}

/* Blocks have PIXELS pixels at most; the cases above it only have to compile. */
#define CASE(count)                                                                                                    \
    case count:                                                                                                        \
        if ((count) <= PIXELS) NAMED(add_pixels)(step, in, weights, start, sums, MOST(count), vecs);                   \
        break;
#define MOST(count) ((count) < PIXELS ? (count) : PIXELS)

INLINE void NAMED(add_block)(const struct nets_step *step, const float *in, const float *weights, const float *start,
                             float *sums, size_t pixels, const int vecs) {
    switch (pixels) {
        /* clang-format off */
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13)
        CASE(14)
            /* clang-format on */
            default : break;
    }
}

static void NAMED(add_wide)(const struct nets_step *step, const float *in, const float *weights, const float *start,
                            float *sums, size_t pixels) {
    NAMED(add_block)(step, in, weights, start, sums, pixels, VECS);
}

/* For no more than LANES outputs. */
static void NAMED(add_narrow)(const struct nets_step *step, const float *in, const float *weights, const float *start,
                              float *sums, size_t pixels) {
    NAMED(add_block)(step, in, weights, start, sums, pixels, 1);
}

/* Run a step. Each row of the tile is cut into blocks of nearly equal length, none longer than PIXELS. */
static void NAMED(add_up)(const struct nets_step *step) {
    const size_t blocks = (step->cols + PIXELS - 1) / PIXELS;
    for (size_t row = 0; row < step->rows; row++)
        for (size_t block = 0; block < blocks; block++) {
            size_t from = step->cols * block / blocks, to = step->cols * (block + 1) / blocks;
            const float *in = step->in + row * step->down + from * step->across;
            const size_t pixel = row * step->cols + from;
            const float *start = step->start + pixel * step->start_apart;
            float *sums = step->sums + pixel * NETS_WIDTH;
            if (step->taps_down == 1) ask_for(in + (to - from) * step->across, (to - from) * step->across);
            if (step->outputs <= LANES) NAMED(add_narrow)(step, in, step->weights, start, sums, to - from);
            else
                for (size_t at = 0; at < step->outputs; at += VECS * LANES)
                    NAMED(add_wide)(step, in, step->weights + at, start + at, sums + at, to - from);
        }
}

#undef CASE
#undef MOST
#undef MULTIPLY_ADD
#undef NAMED
