#define LANES 4
#include "sync/slice.h"

const struct sync_ops sync_avx2 = {LANES, next_block};
