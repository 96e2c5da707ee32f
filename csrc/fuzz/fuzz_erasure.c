/* Arbitrary shapes of codes, arbitrary losses: what was lost within the code's reach comes back. */
#include "skyrack/erasure.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < 4) return 0;
    size_t k = input[0], m = input[1], octets = input[2] % 70, stride = octets + input[3] % 3, n = k + m;
    input += 4, size -= 4;
    uint8_t *shards = calloc(n + 1, stride + 1), *sent = calloc(n + 1, stride + 1), present[510];
    for (size_t i = 0; i < k * stride && size; i++) shards[i] = input[i % size];
    if (sr_erasure_encode(shards, stride, octets, k, m) == SR_OK) {
        memcpy(sent, shards, n * stride);
        size_t kept = 0;
        for (size_t s = 0; s < n; s++) {
            kept += present[s] = size ? input[(s * 7 + 3) % size] & 1 : 1;
            if (!present[s]) memset(shards + s * stride, 0xEE, octets);
        }
        int result = sr_erasure_repair(shards, stride, octets, k, m, present);
        if (result != (kept >= k ? SR_OK : SR_CORRUPT)) abort();
        if (result == SR_OK && memcmp(shards, sent, n * stride)) abort();
    } else if (k && n <= SR_ERASURE_SHARDS_MAX) {
        abort();
    }
    free(shards), free(sent);
    return 0;
}
