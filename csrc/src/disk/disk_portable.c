#define WIDTH 16
#include "disk/loops.h"

const struct disk_uses disk_portable = DISK_USES;
