#include "secded_lookup.h"

SECDED_VOTE(vote3)
const struct secded_ops secded_neon = {.encode = encode, .vote3 = vote3};
