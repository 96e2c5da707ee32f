/* The state of a channelizer, which the C library and the CUDA back end share. */
#ifndef SKYRACK_SRC_CHANNELIZE_STREAM_H
#define SKYRACK_SRC_CHANNELIZE_STREAM_H
#include "channelize/ops.h"
#include <string.h>

enum { HELD_MAX = KEPT + CHANNELS - 1 };

/* The last `held` samples of the stream: the KEPT ones that the next frame needs from the past, and its own as far as
 * they came. */
struct channelizer {
    uint64_t held;
    float samples[2 * HELD_MAX];
    float taps[TAPS * FRAME];
};

/* Whether the state's count makes sense, for memory may have changed since the stream began. */
static inline int is_sound(const struct channelizer *c) { return c->held >= KEPT && c->held <= HELD_MAX; }

/* Keep the last samples: of those held and the `count` new ones, taken as one row, all from number `from` on. */
static inline void keep_samples(struct channelizer *c, size_t from, const float *in, size_t count) {
    size_t old = from < c->held ? c->held - from : 0, skipped = from > c->held ? from - c->held : 0;
    memmove(c->samples, c->samples + 2 * (c->held - old), old * 2 * sizeof *in);
    memcpy(c->samples + 2 * old, in + 2 * skipped, (count - skipped) * 2 * sizeof *in);
    c->held = old + count - skipped;
}
#endif
