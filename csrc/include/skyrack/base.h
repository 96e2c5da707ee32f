/* What every kernel shares: result codes and the level of the processor.
 *
 * Rules of the whole library. The caller brings the memory; sizes go in, sizes come out. Nothing allocates, locks,
 * prints or aborts. Every function is reentrant: threads may be in it at once, also with one and the same model, which
 * is const; scratch, outputs and the state of a stream are one caller's at a time. Pointers to octets and to scratch
 * may be anywhere, those to wider types are aligned as C wants them, unless a header says more. No octet outside the
 * sizes that were given is touched, also where memory of a model or of a stream has changed since it was made: results
 * are wrong then, or SR_CORRUPT. All levels give the same octets, unless a header says what differs. */
#ifndef SKYRACK_BASE_H
#define SKYRACK_BASE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum sr_result {
    SR_OK = 0,
    SR_BAD_ARGUMENT = -1, /* a parameter is outside its documented range */
    SR_TOO_SMALL = -2,    /* the caller's memory does not hold the result */
    SR_UNSUPPORTED = -3,  /* this processor or this build lacks it */
    SR_CORRUPT = -4       /* the octets are not what the format says */
};

/* The compiler of this library and the flags that all its files have in common: "gcc 12.2.0 -O3 ...". */
const char *sr_build(void);

/* Levels: a kernel without its own code for a level uses the next lower one that has it. */
enum sr_level {
    SR_PORTABLE = 0, /* C11 alone */
    SR_AVX2 = 1,     /* x86-64: AVX2, FMA, BMI1, BMI2, PCLMULQDQ, POPCNT */
    SR_AVX512 = 2,   /* x86-64: AVX-512 F/BW/DQ/VL/VBMI/VBMI2/BITALG/VPOPCNTDQ, GFNI, VPCLMULQDQ */
    SR_NEON = 3,     /* aarch64 */
    SR_LEVELS = 4
};

/* "portable", "avx2", "avx512", "neon"; NULL outside 0..SR_LEVELS-1. */
const char *sr_level_name(int level);

/* 1 if this build and this processor can run `level`, else 0. */
int sr_level_supported(int level);

/* The level in use: at first the best supported one, or the one that SKYRACK_ISA names. */
int sr_level(void);

/* Use `name` from now on, NULL meaning SKYRACK_ISA or, without it, the best; call before any kernel runs elsewhere.
 * Returns SR_OK, SR_BAD_ARGUMENT for an unknown name, SR_UNSUPPORTED for what the processor lacks (level unchanged). */
int sr_level_select(const char *name);

#ifdef __cplusplus
}
#endif
#endif
