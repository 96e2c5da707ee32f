/* How a kernel family picks its code: a constant table of functions for each level, NULL where the level has no code of
 * its own.
 *
 *     static const struct crc_ops *const TABLES[SR_LEVELS] = {
 *         [SR_PORTABLE] = &crc_portable, SR_ON_X86([SR_AVX2] = &crc_avx2,) SR_ON_ARM([SR_NEON] = &crc_neon) };
 *     const struct crc_ops *ops = SR_PICK(TABLES);
 */
#ifndef SKYRACK_SRC_LEVEL_H
#define SKYRACK_SRC_LEVEL_H
#include "skyrack/base.h"

#ifdef __x86_64__
#define SR_ON_X86(...) __VA_ARGS__
#define SR_ON_ARM(...)
#elif defined(__aarch64__)
#define SR_ON_X86(...)
#define SR_ON_ARM(...) __VA_ARGS__
#else
#define SR_ON_X86(...)
#define SR_ON_ARM(...)
#endif

/* The entry for the level in use, or the highest one below it that is present. NEON falls back to portable. */
static inline const void *sr_pick(const void *const *tables) {
    int level = sr_level();
    if (level == SR_NEON && !tables[SR_NEON]) level = SR_PORTABLE;
    while (level > SR_PORTABLE && !tables[level]) level--;
    return tables[level];
}
#define SR_PICK(tables) ((__typeof__((tables)[0]))sr_pick((const void *const *)(tables)))
#endif
