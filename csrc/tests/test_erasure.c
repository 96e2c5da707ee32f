#include "check.h"
#include "skyrack/erasure.h"

static uint8_t product(uint8_t a, uint8_t b) {
    uint8_t sum = 0;
    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a >> 7) * 0x1D)) sum ^= b & 1 ? a : 0;
    return sum;
}
static uint8_t quotient(uint8_t a, uint8_t b) {
    for (unsigned c = 0; c < 256; c++)
        if (product((uint8_t)c, b) == a) return (uint8_t)c;
    return 0;
}

static void parity_is_as_defined(void) {
    enum { K = 7, M = 9, SIZE = 3 };
    uint8_t shards[K + M][SIZE];
    uint64_t seed = 1;
    fill(shards[0], K * SIZE, &seed);
    CHECK(sr_erasure_encode(shards[0], SIZE, SIZE, K, M) == SR_OK);
    for (unsigned i = 0; i < M; i++)
        for (unsigned octet = 0; octet < SIZE; octet++) {
            uint8_t sum = 0;
            for (unsigned j = 0; j < K; j++) sum ^= product(quotient(1, (uint8_t)((K + i) ^ j)), shards[j][octet]);
            CHECK(shards[K + i][octet] == sum);
        }
}

/* For a small code, every way to lose up to m shards. */
static void every_loss(void) {
    enum { K = 5, M = 4, N = K + M, SIZE = 9 };
    uint8_t sent[N][SIZE], got[N][SIZE], present[N];
    uint64_t seed = 2;
    fill(sent[0], K * SIZE, &seed);
    sr_erasure_encode(sent[0], SIZE, SIZE, K, M);
    for (unsigned kept = 0; kept < 1U << N; kept++) {
        for (unsigned s = 0; s < N; s++) {
            present[s] = kept >> s & 1;
            if (present[s]) memcpy(got[s], sent[s], SIZE);
            else memset(got[s], 0x5A, SIZE);
        }
        if (__builtin_popcount(kept) >= K) {
            CHECK(sr_erasure_repair(got[0], SIZE, SIZE, K, M, present) == SR_OK && !memcmp(got, sent, sizeof sent));
        } else {
            CHECK(sr_erasure_repair(got[0], SIZE, SIZE, K, M, present) == SR_CORRUPT);
            for (unsigned s = 0; s < N; s++)
                if (!present[s]) CHECK(got[s][0] == 0x5A && got[s][SIZE - 1] == 0x5A);
        }
    }
}

/* Many shapes of codes, the last row ending at a guard page, rows farther apart than they are long. */
static void every_size(void) {
    uint64_t seed = 3;
    for (size_t size = 0; size <= 300; size += 1 + size / 20) {
        size_t k = 1 + draw(&seed) % 40, m = draw(&seed) % 20, n = k + m, stride = size + draw(&seed) % 3;
        size_t octets = (n - 1) * stride + size;
        uint8_t *shards = guarded(octets + !octets), *sent = malloc(octets + 1), present[60];
        fill(shards, octets, &seed);
        CHECK(sr_erasure_encode(shards, stride, size, k, m) == SR_OK);
        memcpy(sent, shards, octets);
        memset(present, 1, sizeof present);
        for (size_t i = 0; i < m; i++) {
            size_t lost = draw(&seed) % n;
            present[lost] = 0, memset(shards + lost * stride, 0xA5, size);
        }
        CHECK(sr_erasure_repair(shards, stride, size, k, m, present) == SR_OK && !memcmp(shards, sent, octets));
        free(sent), release(shards, octets + !octets);
    }
}

static void the_largest_code(void) {
    enum { K = 128, M = 127, SIZE = 5 };
    static uint8_t sent[K + M][SIZE], got[K + M][SIZE];
    uint8_t present[K + M];
    uint64_t seed = 4;
    fill(sent[0], K * SIZE, &seed);
    sr_erasure_encode(sent[0], SIZE, SIZE, K, M);
    memcpy(got, sent, sizeof sent), memset(got, 0, M * SIZE);
    for (unsigned s = 0; s < K + M; s++) present[s] = s >= M;
    CHECK(sr_erasure_repair(got[0], SIZE, SIZE, K, M, present) == SR_OK && !memcmp(got, sent, sizeof sent));
}

int main(void) {
    START();
    parity_is_as_defined();
    every_loss();
    every_size();
    the_largest_code();
    uint8_t octet[4] = {0};
    CHECK(sr_erasure_encode(octet, 1, 1, 0, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_erasure_encode(octet, 1, 1, 200, 56) == SR_BAD_ARGUMENT);
    CHECK(sr_erasure_encode(octet, 1, 2, 1, 1) == SR_BAD_ARGUMENT);
    CHECK(sr_erasure_encode(octet, 1, 1, 1, (size_t)-1) == SR_BAD_ARGUMENT);
    CHECK(sr_selftest_erasure() == SR_OK);
    DONE();
}
