#define WIDTH 32
#include "disk/loops.h"

const struct disk_uses disk_avx2 = DISK_USES;
