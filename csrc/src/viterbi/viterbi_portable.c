/* The operations of viterbi/steps.h for plain vectors of 16 octets, which compilers translate to what the processor
 * has. */
#include "viterbi/ops.h"

#define LANES 16
#define ABREAST 1
typedef uint8_t reg __attribute__((vector_size(16)));

static inline reg plus(reg a, reg b) {
    reg sum = a + b;
    return sum | (reg)(sum < a);
}
static inline reg least(reg a, reg b) {
    reg smaller = (reg)(a < b);
    return (a & smaller) | (b & ~smaller);
}
static inline uint32_t differ(reg a, reg b) {
    uint64_t lanes[2];
    reg different = (reg)(a != b);
    memcpy(lanes, &different, sizeof lanes);
    uint64_t low = (lanes[0] & 0x8040201008040201) * 0x0101010101010101 >> 56;
    uint64_t high = (lanes[1] & 0x8040201008040201) * 0x0101010101010101 >> 56;
    return (uint32_t)(low | high << 8);
}
static inline reg every_second(reg a, reg b, int odd) {
    return odd ? __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
               : __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
static inline reg look_up(uint32_t costs, reg at) {
    reg first = (reg)((at & 1) != 0), second = (reg)((at & 2) != 0);
    reg zero = (~first & (uint8_t)costs) | (first & (uint8_t)(costs >> 8));
    reg one = (~first & (uint8_t)(costs >> 16)) | (first & (uint8_t)(costs >> 24));
    return (~second & zero) | (second & one);
}

#include "viterbi/steps.h"
const struct viterbi_ops viterbi_portable = {.weigh = weigh, .run = run};
