#define WIDTH 64
#include "disk/loops.h"

const struct disk_uses disk_avx512 = DISK_USES;
