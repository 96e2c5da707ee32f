/* Packet erasure: k shards of data and m of parity, of which any k bring the data back (k + m <= 255).
 *
 * A systematic Cauchy code over GF(256) with x^8 + x^4 + x^3 + x^2 + 1: parity shard i, octet by octet, is the sum over
 * j of data shard j times 1 / ((k + i) xor j). Any square piece of a Cauchy matrix is regular, so any m losses are
 * repaired. Shards are rows of one array: shard s is `size` octets at shards + s * stride, the k of data first. */
#ifndef SKYRACK_ERASURE_H
#define SKYRACK_ERASURE_H
#include "skyrack/base.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_ERASURE_SHARDS_MAX = 255 };

/* Compute the m = parity_shards rows of parity from the k = data_shards rows of data.
 * Returns SR_OK, or SR_BAD_ARGUMENT where k is 0 or k + m > 255 or stride < size. */
int sr_erasure_encode(uint8_t *shards, size_t stride, size_t size, size_t data_shards, size_t parity_shards);

/* Bring the lost rows back, of data and of parity alike.
 *   present   k + m octets, not 0 for each row that holds what was sent
 * Returns SR_OK; SR_CORRUPT where fewer than k rows are present, the rows left as they are; SR_BAD_ARGUMENT as
 * above. */
int sr_erasure_repair(uint8_t *shards, size_t stride, size_t size, size_t data_shards, size_t parity_shards,
                      const uint8_t *present);

/* Self-test of the level in use, against stored answers. Returns SR_OK or SR_CORRUPT. */
int sr_selftest_erasure(void);

#ifdef __cplusplus
}
#endif
#endif
