#define LANES 2 /* the 128-bit registers of every 64-bit processor */
#include "sync/slice.h"

const struct sync_ops sync_portable = {LANES, next_block};
