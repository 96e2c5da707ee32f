#include "channelize/ops.h"
#include <math.h>
#include <string.h>

/* What is known of a burst while it lasts; `last` is its last frame above the threshold. */
struct burst {
    uint64_t start, last;
    double sum, gap; /* of |y|^2 up to `last`, and after it */
};

struct detector {
    uint64_t next;    /* number of the next frame */
    uint64_t lasting; /* bit k: a burst lasts in channel k */
    uint32_t gap_max, length_min;
    float threshold[CHANNELS];
    struct burst bursts[CHANNELS];
};

size_t sr_bursts_size(void) { return sizeof(struct detector); }

int sr_bursts_start(void *state, size_t state_size, const float *threshold, uint32_t gap_max, uint32_t length_min) {
    if (state_size < sizeof(struct detector)) return SR_TOO_SMALL;
    for (int k = 0; k < CHANNELS; k++)
        if (isnan(threshold[k])) return SR_BAD_ARGUMENT;
    struct detector *d = state;
    memset(d, 0, sizeof *d);
    d->gap_max = gap_max, d->length_min = length_min;
    memcpy(d->threshold, threshold, sizeof d->threshold);
    return SR_OK;
}

/* End the burst of a channel; returns 1 if it was long enough to be reported. */
static int end(struct detector *d, int channel, struct sr_burst *out) {
    const struct burst *b = &d->bursts[channel];
    uint64_t length = b->last - b->start + 1;
    d->lasting &= ~((uint64_t)1 << channel);
    if (length < d->length_min) return 0;
    *out = (struct sr_burst){b->start, length, b->sum / (double)length, (uint64_t)channel};
    return 1;
}

static void go_on(struct detector *d, int channel, double power) {
    struct burst *b = &d->bursts[channel];
    if (!(d->lasting >> channel & 1)) *b = (struct burst){.start = d->next};
    d->lasting |= (uint64_t)1 << channel;
    b->sum += b->gap, b->sum += power, b->gap = 0, b->last = d->next;
}

/* Take one frame; returns how many bursts it ended. */
static size_t step(struct detector *d, uint64_t above, const float *power, struct sr_burst *out) {
    size_t told = 0;
    for (uint64_t left = above | d->lasting; left; left &= left - 1) {
        int channel = __builtin_ctzll(left);
        struct burst *b = &d->bursts[channel];
        if (above >> channel & 1) go_on(d, channel, power[channel]);
        else if (d->next - b->last > d->gap_max) told += (size_t)end(d, channel, out + told);
        else b->gap += power[channel];
    }
    d->next++;
    return told;
}

int sr_bursts_find(void *state, const float *spectra, size_t frames, struct sr_burst *out, size_t out_max,
                   size_t *frames_done, size_t *out_used) {
    struct detector *d = state;
    const struct channelize_ops *ops = channelize_picked();
    if (out_max < CHANNELS) return SR_TOO_SMALL;
    size_t done = 0, told = 0;
    for (; done < frames && told + CHANNELS <= out_max; done++) {
        float power[CHANNELS];
        uint64_t above = ops->above(spectra + done * FRAME, d->threshold, power);
        told += step(d, above, power, out + told);
    }
    *frames_done = done, *out_used = told;
    return SR_OK;
}

int sr_bursts_finish(void *state, struct sr_burst *out, size_t out_max, size_t *out_used) {
    struct detector *d = state;
    if (out_max < CHANNELS) return SR_TOO_SMALL;
    *out_used = 0;
    while (d->lasting) *out_used += (size_t)end(d, __builtin_ctzll(d->lasting), out + *out_used);
    return SR_OK;
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, KEY_BITS = 3 * DIGIT_BITS };

/* What is known of the key that is looked for: its digits from the top down to the place reached, and its rank among
 * the keys that begin with the same digits. */
struct wanted {
    uint64_t digits;
    size_t rank;
};

static struct wanted with_digit(const float *values, size_t count, int shift, struct wanted wanted) {
    uint32_t histogram[DIGITS] = {0}, digit = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t key;
        memcpy(&key, values + i, sizeof key);
        if ((uint64_t)key >> (shift + DIGIT_BITS) == wanted.digits) histogram[key >> shift & (DIGITS - 1)]++;
    }
    while (wanted.rank >= histogram[digit]) wanted.rank -= histogram[digit++];
    return (struct wanted){wanted.digits << DIGIT_BITS | digit, wanted.rank};
}

/* The value of rank `rank`, 0 being the least. None is negative, so their bits, taken as integers, are in the same
 * order. */
static float select(const float *values, size_t count, size_t rank) {
    struct wanted wanted = {0, rank};
    for (int shift = KEY_BITS - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS)
        wanted = with_digit(values, count, shift, wanted);
    uint32_t key = (uint32_t)wanted.digits;
    float value;
    memcpy(&value, &key, sizeof value);
    return value;
}

int sr_noise_floor(const float *spectra, size_t frames, float *floor, float *scratch) {
    const float ln_2 = 0.69314718055994530942F;
    if (!frames) return SR_BAD_ARGUMENT;
    for (int k = 0; k < CHANNELS; k++) {
        for (size_t n = 0; n < frames; n++) {
            const float *y = spectra + n * FRAME + 2 * k;
            float power = y[0] * y[0] + y[1] * y[1];
            scratch[n] = isnan(power) ? __builtin_nanf("") : power; /* one NaN for all, which sorts highest */
        }
        floor[k] = select(scratch, frames, (frames - 1) / 2) / ln_2;
    }
    return SR_OK;
}
