#include "level.h"
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[SR_LEVELS] = {"portable", "avx2", "avx512", "neon"};
enum { UNDECIDED = -1 };
static int chosen = UNDECIDED; /* accessed atomically; two threads that decide at once decide alike, so no lock */

#ifdef __clang__
#define COMPILER "" /* its version begins with its name */
#else
#define COMPILER "gcc "
#endif
const char *sr_build(void) { return COMPILER __VERSION__ " " SR_FLAGS; }

const char *sr_level_name(int level) { return level >= 0 && level < SR_LEVELS ? NAMES[level] : NULL; }

#ifdef __x86_64__ /* SR_HAS_...: a HAS() for each set of instructions that the level's files are compiled for */
#define HAS(set) __builtin_cpu_supports(#set)
static int has_avx2(void) { return SR_HAS_AVX2; }
static int has_avx512(void) { return has_avx2() && SR_HAS_AVX512; }
#endif

int sr_level_supported(int level) {
    switch (level) {
    case SR_PORTABLE: return 1;
#ifdef __x86_64__
    case SR_AVX2: return has_avx2();
    case SR_AVX512: return has_avx512();
#elif defined(__aarch64__)
    case SR_NEON: return 1; /* part of every aarch64 processor */
#endif
    default: return 0;
    }
}

static int best_level(void) {
    int level = SR_LEVELS - 1;
    while (!sr_level_supported(level)) level--;
    return level;
}

static int level_named(const char *name) {
    for (int level = 0; level < SR_LEVELS; level++)
        if (strcmp(name, NAMES[level]) == 0) return level;
    return SR_BAD_ARGUMENT;
}

int sr_level_select(const char *name) {
    if (!name) name = getenv("SKYRACK_ISA");
    int level = name && *name ? level_named(name) : best_level();
    if (level < 0) return SR_BAD_ARGUMENT;
    if (!sr_level_supported(level)) return SR_UNSUPPORTED;
    __atomic_store_n(&chosen, level, __ATOMIC_RELAXED);
    return SR_OK;
}

int sr_level(void) {
    int level = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (level != UNDECIDED) return level;
    if (sr_level_select(NULL) != SR_OK) __atomic_store_n(&chosen, SR_PORTABLE, __ATOMIC_RELAXED);
    return __atomic_load_n(&chosen, __ATOMIC_RELAXED);
}
