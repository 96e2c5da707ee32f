#include "viterbi_plain.h"
const struct viterbi_ops viterbi_neon = {.weigh = weigh, .run = run};
