/* One instruction for the shift across words, one for each half of a full adder. */
#include <immintrin.h>
#define LANES 8
#define SHIFT(word, next, by) ((lanes)_mm512_shldi_epi64((__m512i)(word), (__m512i)(next), (by)))
#define ODD(a, b, c) ((lanes)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), 0x96))
#define TWO(a, b, c) ((lanes)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), 0xE8))
#include "sync/slice.h"

const struct sync_ops sync_avx512 = {LANES, next_block};
