/* The sums that a checked convolution compares. */
typedef uint32_t words __attribute__((vector_size(4 * LANES)));

INLINE vec load(const float *in) { return *(const loose *)in; }
INLINE vec magnitude(vec x) { return (vec)((words)x & 0x7FFFFFFFU); }

static void total(const float *sums, size_t pixels, float totals[NETS_WIDTH]) {
    vec sum[NETS_WIDTH / LANES] = {{0}};
    for (size_t p = 0; p < pixels; p++)
        for (int v = 0; v < NETS_WIDTH / LANES; v++) sum[v] += load(sums + p * NETS_WIDTH + v * LANES);
    memcpy(totals, sum, sizeof sum);
}

INLINE void add_lanes(float *to, vec sum, size_t count) {
    if (count == LANES) *(loose *)to += sum;
    else
        for (size_t i = 0; i < count; i++) to[i] += sum[i];
}

/* For each of `size` places in the window: over `cols` pixels, a column of the window apart where `step` is 1. */
static void add_row(const float *in, size_t cols, size_t step, size_t channels, size_t size, float *out) {
    for (size_t c = 0; c < channels; c += LANES) {
        const float *x = in + c;
        const size_t count = channels - c < LANES ? channels - c : LANES;
        const int shared = step == 1 && cols >= size; /* pixels that all places have in common are added up once */
        vec common = {0};
        if (shared)
            for (size_t i = size - 1; i < cols; i++) common += load(x + i * channels);
        for (size_t place = 0; place < size; place++) {
            vec sum = common;
            if (shared) {
                for (size_t i = place; i < size - 1; i++) sum += load(x + i * channels);
                for (size_t i = cols; i < cols + place; i++) sum += load(x + i * channels);
            } else
                for (size_t i = 0; i < cols; i++) sum += load(x + (i * step + place) * channels);
            add_lanes(out + place * channels + c, sum, count);
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

static double dot(const double *a, const float *b, size_t count) {
    double lanes[8] = {0}, rest = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++) lanes[lane] += a[i + lane] * (double)b[i + lane];
    for (; i < count; i++) rest += a[i] * (double)b[i];
    for (size_t lane = 0; lane < 8; lane++) rest += lanes[lane];
    return rest;
}

static uint32_t sum(const float *numbers, size_t count) {
    uint32_t words_sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, numbers + i, sizeof word);
        words_sum += word;
    }
    return words_sum;
}
