/* Folding with PCLMULQDQ. */
#include "crc/ops.h"
#include <immintrin.h>

typedef uint8_t reg __attribute__((vector_size(16)));
#define TARGET

static inline reg ahead(reg octets, reg by) {
    return (reg)_mm_clmulepi64_si128((__m128i)octets, (__m128i)by, 0x00) ^
           (reg)_mm_clmulepi64_si128((__m128i)octets, (__m128i)by, 0x11);
}
static inline reg lookup(reg octets, reg from) { return (reg)_mm_shuffle_epi8((__m128i)octets, (__m128i)from); }

#include "crc/fold.h"

const struct crc_ops crc_avx2 = {update, batch};
