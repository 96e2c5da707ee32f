/* A stage of a pipeline as a shared library: what a user's own .so has to offer.
 *
 *     cc -O2 -shared -fPIC -o brightest.so brightest.c
 *
 * The library is loaded in a worker process that lives for one frame. A crash, a hang or too much memory there costs
 * one attempt, never the flight loop. */
#ifndef SKYRACK_STAGE_H
#define SKYRACK_STAGE_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { SR_STAGE_ABI = 1 };

/* An array: `data` in the machine's own octet order, without gaps, the last axis running fastest; `axes` sizes. A
 * scalar has no axes and one number. A stage reads `data` of the arrays that it takes and never writes there;
 * sr_stage_room says where to write the arrays that it gives. */
typedef struct {
    const void *data;
    const size_t *shape;
    size_t axes;
} sr_stage_array;

/* Where a stage writes an array that it gives: `given` is gives, gives + 1, ... of sr_stage_run. */
static inline void *sr_stage_room(const sr_stage_array *given) { return (void *)given->data; }

/* The contract, as JSON text that lives as long as the library:
 *
 *   {"abi": 1,
 *    "takes": {"bands": {"dtypes": ["uint16"], "axes": ["band", "row", "column"], "bands": ["red", "green"]}},
 *    "gives": {"mask": {"dtypes": ["uint8"], "axes": ["row", "column"]}},
 *    "parameters": {"limit": 0.5}}
 *
 *   takes       items by name: the dtypes that will do (names as in numpy), a name or a size for each axis, and for the
 *               axis "band" the bands wanted, in this order. Axes of one name are of one size
 *   gives       items by name: one dtype each; every axis a name that occurs in what is taken, or a size
 *   parameters  numbers that a mission may set, each with its default
 *
 * A dtype is bool, int8 to int64, uint8 to uint64, float16 to float64, complex64 or complex128; a size is 1 or more. */
const char *sr_stage_contract(void);

/* Do the work.
 *   takes          arrays in the order of the contract: copies of the stage's own, so that whatever is done to them
 *                  changes nothing for the stages behind it
 *   gives          arrays in the order of the contract, with room that is zero. No two arrays overlap
 *   parameters     in the order of the contract
 * Returns 0, or any other number for a failure, which ends the job and is reported to the ground. */
int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters);

#ifdef __cplusplus
}
#endif
#endif
