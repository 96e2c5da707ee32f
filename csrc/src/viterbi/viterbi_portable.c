#include "viterbi_plain.h"
const struct viterbi_ops viterbi_portable = {.weigh = weigh, .run = run};
