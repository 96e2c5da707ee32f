#include "image/ops.h"

const struct image_ops *image_ops(void) {
    static const struct image_ops *const tables[SR_LEVELS] = {[SR_PORTABLE] = &image_portable};
    return SR_PICK(tables);
}
