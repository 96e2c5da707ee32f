/* Both uses of a disk in vectors of WIDTH octets; each level defines WIDTH and includes this. */
#include "disk/ops.h"
#include <string.h>

enum { STEP = BLOCK_OCTETS / WIDTH };

/* NAME gathers numbers of TYPE by the operator JOIN, STEP vectors at a time. While the span about them widens, it
 * joins the totals of all rows of the disk that reach just so far. */
#define GATHER(NAME, TYPE, JOIN)                                                                                       \
    typedef TYPE NAME##_vector __attribute__((vector_size(WIDTH)));                                                    \
    static inline NAME##_vector NAME##_load(const TYPE *from, int i) {                                                 \
        NAME##_vector vector;                                                                                          \
        memcpy(&vector, from + i * (WIDTH / sizeof(TYPE)), WIDTH);                                                     \
        return vector;                                                                                                 \
    }                                                                                                                  \
    static inline void NAME##_join(TYPE *totals, const NAME##_vector span[STEP]) {                                     \
        for (int i = 0; i < STEP; i++) {                                                                               \
            NAME##_vector total = NAME##_load(totals, i) JOIN span[i];                                                 \
            memcpy(totals + i * (WIDTH / sizeof(TYPE)), &total, WIDTH);                                                \
        }                                                                                                              \
    }                                                                                                                  \
    static void NAME(const void *numbers, size_t cols, const struct disk *disk, void *const *totals) {                 \
        for (size_t c = 0; c < cols; c += STEP * WIDTH / sizeof(TYPE)) {                                               \
            const TYPE *middle = (const TYPE *)numbers + c;                                                            \
            NAME##_vector span[STEP];                                                                                  \
            for (int i = 0; i < STEP; i++) span[i] = NAME##_load(middle, i);                                           \
            for (size_t reach = 0, row = 0;;) {                                                                        \
                for (; row < disk->ends[reach]; row++) NAME##_join((TYPE *)totals[row] + c, span);                     \
                if (++reach > disk->radius) break;                                                                     \
                for (int i = 0; i < STEP; i++)                                                                         \
                    span[i] = span[i] JOIN (NAME##_load(middle - reach, i) JOIN NAME##_load(middle + reach, i));       \
            }                                                                                                          \
        }                                                                                                              \
    }

GATHER(gather_doubles, double, +)
GATHER(gather_octets, uint8_t, |)

static void take_floats(const void *pixels, size_t cols, void *numbers) {
    const float *restrict from = pixels;
    double *restrict to = numbers;
    for (size_t c = 0; c < cols; c++) to[c] = from[c];
}

static void take_octets(const void *pixels, size_t cols, void *numbers) { memcpy(numbers, pixels, cols); }

static void finish_mean(void *totals, size_t cols, const struct disk *disk, void *pixels) {
    double *restrict from = totals, scale = 1 / (double)disk->pixels;
    float *restrict to = pixels;
    for (size_t c = 0; c < cols; c++) {
        float mean = (float)(from[c] * scale);
        to[c] = mean == mean ? mean : __builtin_nanf(""); /* which NaN comes out of sums, nobody promises */
        from[c] = 0;
    }
}

static void finish_dilation(void *totals, size_t cols, const struct disk *disk, void *pixels) {
    uint8_t *restrict from = totals, *restrict to = pixels;
    (void)disk;
    for (size_t c = 0; c < cols; c++) to[c] = from[c] != 0, from[c] = 0;
}

#define DISK_USES                                                                                                      \
    {                                                                                                                  \
        .mean = {sizeof(double), sizeof(float), take_floats, gather_doubles, finish_mean},                             \
        .dilation = {sizeof(uint8_t), sizeof(uint8_t), take_octets, gather_octets, finish_dilation}                    \
    }
