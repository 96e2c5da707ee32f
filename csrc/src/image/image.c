#include "image/ops.h"

const struct image_ops *image_ops(void) {
    static const struct image_ops *const tables[SR_LEVELS] = {
        [SR_PORTABLE] = &image_portable,
        SR_ON_X86([SR_AVX2] = &image_avx2, [SR_AVX512] = &image_avx512) SR_ON_ARM([SR_NEON] = &image_neon)};
    return SR_PICK(tables);
}
