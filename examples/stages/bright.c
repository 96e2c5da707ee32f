/* Bright ground: a stage of one's own in C. */
#include <stdint.h>

#include "skyrack_stage.h"

const char *sr_stage_contract(void) {
    return "{\"abi\": 1,"
           " \"takes\": {\"bands\": {\"dtypes\": [\"uint8\"], \"axes\": [\"band\", \"row\", \"column\"],"
           "                       \"bands\": [\"red\", \"green\", \"blue\"]}},"
           " \"gives\": {\"mask\": {\"dtypes\": [\"uint8\"], \"axes\": [\"row\", \"column\"]},"
           "           \"threshold\": {\"dtypes\": [\"float32\"], \"axes\": []}},"
           " \"parameters\": {\"limit\": 100}}";
}

/* 1 where the mean of the three bands is greater than the limit. */
int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters) {
    const uint8_t *red = takes[0].data;
    uint8_t *mask = sr_stage_room(&gives[0]);
    size_t pixels = gives[0].shape[0] * gives[0].shape[1];
    for (size_t i = 0; i < pixels; i++) {
        mask[i] = red[i] + red[i + pixels] + red[i + 2 * pixels] > 3 * parameters[0];
    }
    *(float *)sr_stage_room(&gives[1]) = (float)parameters[0];
    return 0;
}
