/* Four lanes: the width of SSE2 and of NEON, which compilers reach with plain vectors. */
#define LANES 4
typedef float vec __attribute__((vector_size(4 * LANES)));
#include "channelize/transpose4.h"

static inline void transpose(vec rows[LANES]) { transpose4(rows, rows + 1, rows + 2, rows + 3); }

#include "channelize/lanes.h"

const struct channelize_ops channelize_portable = {LANES, block, transform, power, above};
