#include "randomise/ops.h"

void randomise_add_avx2(uint8_t *frames, size_t stride, size_t count, const uint8_t *key, size_t length) {
    randomise_add_loop(frames, stride, count, key, length);
}
