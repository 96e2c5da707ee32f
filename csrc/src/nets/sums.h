/* The sums that a checked convolution compares: in binary32 along a row of a tile, in binary64 from row to row. In a
 * row four numbers are added at a time: flat parts of images are common, and sums of two and of four equal numbers are
 * exact. */
typedef uint32_t words __attribute__((vector_size(4 * LANES)));

INLINE vec load(const float *in) { return *(const loose *)in; }
INLINE vec magnitude(vec x) { return (vec)((words)x & 0x7FFFFFFFU); }

/* The sum of `count` vectors that lie `apart` numbers from each other. */
INLINE vec sum_vectors(const float *in, size_t count, size_t apart) {
    vec sum = {0};
    for (; count >= 4; count -= 4, in += 4 * apart)
        sum += (load(in) + load(in + apart)) + (load(in + 2 * apart) + load(in + 3 * apart));
    if (count >= 2) sum += load(in) + load(in + apart), count -= 2, in += 2 * apart;
    if (count) sum += load(in);
    return sum;
}

static void gather(const float *restrict from, size_t count, double *restrict to) {
    for (size_t i = 0; i < count; i++) to[i] += (double)from[i];
}

static void total(const float *sums, size_t pixels, double totals[NETS_WIDTH]) {
    vec sum[NETS_WIDTH / LANES];
    for (int v = 0; v < NETS_WIDTH / LANES; v++) sum[v] = sum_vectors(sums + v * LANES, pixels, NETS_WIDTH);
    gather((const float *)sum, NETS_WIDTH, totals);
}

INLINE void add_lanes(float *to, vec sum, size_t count) {
    if (count == LANES) *(loose *)to += sum;
    else
        for (size_t i = 0; i < count; i++) to[i] += sum[i];
}

static void add_row(const float *in, size_t cols, size_t step, size_t channels, size_t size, float *out) {
    for (size_t c = 0; c < channels; c += LANES) {
        const float *x = in + c;
        const size_t count = channels - c < LANES ? channels - c : LANES;
        /* Pixels that all places sum up: with a step of 1, all but the outermost. */
        const size_t shared = step == 1 && cols >= size ? cols - size + 1 : 0;
        const vec common = sum_vectors(x + (size - 1) * channels, shared, channels);
        for (size_t place = 0; place < size; place++) {
            vec sum = common;
            if (shared) {
                for (size_t i = place; i < size - 1; i++) sum += load(x + i * channels);
                for (size_t i = cols; i < cols + place; i++) sum += load(x + i * channels);
            } else {
                sum = sum_vectors(x + place * channels, cols, step * channels);
            }
            if (count == LANES) *(loose *)(out + place * channels + c) = sum;
            else
                for (size_t i = 0; i < count; i++) out[place * channels + c + i] = sum[i];
        }
    }
}

static void add_sizes(const float *in, size_t cols, size_t channels, float *sizes) {
    for (size_t c = 0; c < channels; c += LANES) {
        const size_t count = channels - c < LANES ? channels - c : LANES;
        vec sum = {0};
        for (size_t i = 0; i < cols; i++) sum += magnitude(load(in + i * channels + c));
        add_lanes(sizes + c, sum, count);
    }
}

/* A scalar product in eight partial sums, for the vectoriser. */
#define DOT(name, number)                                                                                              \
    static double name(const double *a, const number *b, size_t count) {                                               \
        double lanes[8] = {0}, rest = 0;                                                                               \
        size_t i = 0;                                                                                                  \
        for (; i + 8 <= count; i += 8)                                                                                 \
            for (size_t lane = 0; lane < 8; lane++) lanes[lane] += a[i + lane] * (double)b[i + lane];                  \
        for (; i < count; i++) rest += a[i] * (double)b[i];                                                            \
        for (size_t lane = 0; lane < 8; lane++) rest += lanes[lane];                                                   \
        return rest;                                                                                                   \
    }
DOT(dot, double)
DOT(dot_sizes, float)

static uint32_t sum(const float *numbers, size_t count) {
    uint32_t words_sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, numbers + i, sizeof word);
        words_sum += word;
    }
    return words_sum;
}
