/* Frame synchronisation: attached sync markers at any bit of a stream (CCSDS 131.0-B-4 §9), and the frames behind.
 *
 * Bits are numbered from the most significant bit of octet 0. */
#ifndef SKYRACK_SYNC_H
#define SKYRACK_SYNC_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

struct sr_sync_hit {
    int64_t bit;      /* where the marker begins */
    uint8_t errors;   /* bits of the marker that differ */
    uint8_t inverted; /* 1: the complement of the marker was found (a demodulator's phase ambiguity) */
};

/* Find every place where the `width` bits of `marker` stand with at most `errors` bits wrong.
 *   octets    the stream, `size` octets
 *   first     bit from which markers may begin
 *   marker    the bits of the marker, the first one sent being bit width - 1
 *   width     32 or 64
 *   errors    below width / 2, so that no place is both upright and inverted
 *   inverted  1: find the complement too
 *   hits      room for `room` hits, which come in order of their bit
 *   count     hits written; where it is `room`, go on with first = hits[room - 1].bit + 1
 * Returns SR_OK or SR_BAD_ARGUMENT (width, errors, room = 0). */
int sr_sync_search(const uint8_t *octets, size_t size, int64_t first, uint64_t marker, unsigned width, unsigned errors,
                   int inverted, struct sr_sync_hit *hits, size_t room, size_t *count);

/* Copy a frame from behind each marker, turning inverted ones upright.
 *   octets    the stream, `size` octets
 *   hits      `count` markers; frame i begins at bit hits[i].bit + skip
 *   skip      bits between the beginning of the marker and that of the frame: the marker's width
 *   frames    room for `count` frames: frame i becomes `length` octets at frames + i * stride; not in `octets`
 * Returns SR_OK, or SR_BAD_ARGUMENT where a frame does not lie inside the stream, leaving `frames` as it was. */
int sr_sync_align(const uint8_t *octets, size_t size, const struct sr_sync_hit *hits, size_t count, int64_t skip,
                  uint8_t *frames, size_t stride, size_t length);

/* Self-test of the level in use: find a marker planted in noise. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_sync(void);

#ifdef __cplusplus
}
#endif
#endif
