#include "erasure/ops.h"

static const struct erasure_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &erasure_portable,
    SR_ON_X86([SR_AVX2] = &erasure_avx2, [SR_AVX512] = &erasure_avx512) SR_ON_ARM([SR_NEON] = &erasure_neon)};

/* The caller's array of shards and the shape of the code. */
struct array {
    uint8_t *shards;
    size_t stride, size, data, parity;
};

static uint8_t *row(const struct array *array, size_t shard) { return array->shards + shard * array->stride; }

static int legal(const struct array *array) {
    return array->data > 0 && array->data <= SR_ERASURE_SHARDS_MAX &&
           array->parity <= SR_ERASURE_SHARDS_MAX - array->data && array->stride >= array->size;
}

static uint8_t inverse(uint8_t a) { return erasure_power[255 - erasure_log[a]]; } /* a is not 0 */

/* Compute up to ERASURE_OUTS rows of parity from number `first` on, leaving out those that are `present` (NULL: none
 * is). Returns the number of the row to go on with. */
static size_t encode_some(const struct array *array, size_t first, const uint8_t *present) {
    struct erasure_sums sums = {.outs = 0, .ins = array->data};
    size_t i = first;
    for (; i < array->parity && sums.outs < ERASURE_OUTS; i++) {
        if (present && present[array->data + i]) continue;
        for (size_t j = 0; j < array->data; j++) sums.factors[sums.outs][j] = inverse((uint8_t)((array->data + i) ^ j));
        sums.out[sums.outs++] = row(array, array->data + i);
    }
    for (size_t j = 0; j < array->data; j++) sums.in[j] = row(array, j);
    if (sums.outs) SR_PICK(TABLES)->add_up(&sums, array->size);
    return i;
}

static void encode(const struct array *array, const uint8_t *present) {
    for (size_t i = 0; i < array->parity;) i = encode_some(array, i, present);
}

int sr_erasure_encode(uint8_t *shards, size_t stride, size_t size, size_t data_shards, size_t parity_shards) {
    const struct array array = {shards, stride, size, data_shards, parity_shards};
    if (!legal(&array)) return SR_BAD_ARGUMENT;
    encode(&array, NULL);
    return SR_OK;
}

/* The shards of data that are lost, and the k shards used to compute them: all data that is there, then parity. */
struct losses {
    uint8_t lost[SR_ERASURE_SHARDS_MAX], used[SR_ERASURE_SHARDS_MAX];
    size_t lost_count, used_count, data_used; /* used[data_used] is the first parity */
};

static void take_stock(const struct array *array, const uint8_t *present, struct losses *losses) {
    memset(losses, 0, sizeof *losses);
    for (size_t s = 0; s < array->data + array->parity && losses->used_count < array->data; s++) {
        if (present[s]) losses->used[losses->used_count++] = (uint8_t)s;
        else if (s < array->data) losses->lost[losses->lost_count++] = (uint8_t)s;
        if (s < array->data) losses->data_used = losses->used_count;
    }
}

/* Logarithm of the product of (shard xor other) over `others`, the shard itself left out. */
static unsigned log_distance(uint8_t shard, const uint8_t *others, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        if (others[i] != shard) sum += erasure_log[shard ^ others[i]];
    return sum % 255;
}

/* The inverse of a Cauchy matrix in closed form, multiplied out: lost shard l is the sum over the used shards s of
 * F(l) W(s) / (l xor s), with
 *     W(s) = product over the lost of (s xor lost) / product over the parity used of (s xor parity), s itself left out
 *     F(l) = product over the parity used of (l xor parity) / product over the other lost of (l xor lost). */
static void repair_some(const struct array *array, const struct losses *losses, const uint8_t *log_weights,
                        size_t first) {
    struct erasure_sums sums = {.outs = 0, .ins = array->data};
    const uint8_t *parity = losses->used + losses->data_used;
    for (size_t i = first; i < losses->lost_count && sums.outs < ERASURE_OUTS; i++) {
        uint8_t lost = losses->lost[i];
        unsigned log_f =
            log_distance(lost, parity, losses->lost_count) + 255 - log_distance(lost, losses->lost, losses->lost_count);
        for (size_t j = 0; j < array->data; j++)
            sums.factors[sums.outs][j] =
                erasure_power[(log_f + log_weights[j] + 255 - erasure_log[lost ^ losses->used[j]]) % 255];
        sums.out[sums.outs++] = row(array, lost);
    }
    for (size_t j = 0; j < array->data; j++) sums.in[j] = row(array, losses->used[j]);
    SR_PICK(TABLES)->add_up(&sums, array->size);
}

int sr_erasure_repair(uint8_t *shards, size_t stride, size_t size, size_t data_shards, size_t parity_shards,
                      const uint8_t *present) {
    const struct array array = {shards, stride, size, data_shards, parity_shards};
    if (!legal(&array)) return SR_BAD_ARGUMENT;
    struct losses losses;
    take_stock(&array, present, &losses);
    if (losses.used_count < data_shards) return SR_CORRUPT;
    uint8_t log_weights[SR_ERASURE_SHARDS_MAX];
    for (size_t j = 0; j < data_shards; j++)
        log_weights[j] = (uint8_t)((log_distance(losses.used[j], losses.lost, losses.lost_count) + 255 -
                                    log_distance(losses.used[j], losses.used + losses.data_used, losses.lost_count)) %
                                   255);
    for (size_t i = 0; i < losses.lost_count; i += ERASURE_OUTS) repair_some(&array, &losses, log_weights, i);
    encode(&array, present);
    return SR_OK;
}

int sr_selftest_erasure(void) {
    enum { K = 5, M = 6, SIZE = 77, ALL = (K + M) * SIZE };
    uint8_t shards[ALL], sent[ALL], present[K + M] = {0, 1, 0, 0, 1, 1, 0, 1, 0, 1};
    for (size_t i = 0; i < K * SIZE; i++) shards[i] = (uint8_t)(i * 7 + i / 256);
    if (sr_erasure_encode(shards, SIZE, SIZE, K, M) != SR_OK) return SR_CORRUPT;
    if (shards[K * SIZE] != 0xCA || shards[ALL - 1] != 0xB6) return SR_CORRUPT;
    memcpy(sent, shards, sizeof sent);
    for (size_t s = 0; s < K + M; s++)
        if (!present[s]) memset(shards + s * SIZE, 0xA5, SIZE);
    if (sr_erasure_repair(shards, SIZE, SIZE, K, M, present) != SR_OK) return SR_CORRUPT;
    return memcmp(shards, sent, sizeof sent) == 0 ? SR_OK : SR_CORRUPT;
}
