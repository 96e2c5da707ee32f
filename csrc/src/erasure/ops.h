/* What the levels of the erasure code share: sums of shards times coefficients, and the field. */
#ifndef SKYRACK_SRC_ERASURE_OPS_H
#define SKYRACK_SRC_ERASURE_OPS_H
#include "level.h"
#include "skyrack/erasure.h"
#include <string.h>

enum { ERASURE_OUTS = 4 }; /* sums at a time: their accumulators fit the registers of every level */

/* Up to ERASURE_OUTS sums over the same shards: out[r] = sum over j of factors[r][j] in[j], octet by octet. */
struct erasure_sums {
    uint8_t *out[ERASURE_OUTS];
    const uint8_t *in[SR_ERASURE_SHARDS_MAX];
    uint8_t factors[ERASURE_OUTS][SR_ERASURE_SHARDS_MAX];
    size_t outs, ins;
};

struct erasure_ops {
    void (*add_up)(const struct erasure_sums *sums, size_t size);
};
extern const struct erasure_ops erasure_portable, erasure_avx2, erasure_avx512, erasure_neon;

extern const uint8_t erasure_power[510], erasure_log[256];
extern const uint64_t erasure_matrix[256];
#endif
