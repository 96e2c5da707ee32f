#include "count.h"
#include "skyrack/shallow_water.h"

enum { SIDE = 96, CELLS = SIDE * SIDE };
static float state[3][CELLS];
static uint8_t noise[3 * CELLS];
static uint64_t model[1 << 14], scratch[1 << 14];

int main(void) {
    static const struct sr_shallow_water_grid GRID = {
        .rows = SIDE, .cols = SIDE, .south_deg = 0, .row_deg = 0.5, .col_deg = 0.5, .step_s = 60, .depth_m = 5000};
    struct sr_shallow_water_invariants kept;
    struct sr_checks checks;
    fill(noise, sizeof noise);
    for (size_t i = 0; i < 3 * CELLS; i++)
        state[i / CELLS][i % CELLS] = i / CELLS == 2 && i % CELLS < SIDE ? 0 : (float)noise[i] / 16;
    sr_shallow_water_make(&GRID, model, sizeof model);
    COUNT("4 steps of 96 x 96",
          sr_shallow_water_run(model, SIDE, SIDE, state[0], state[1], state[2], 4, scratch, sizeof scratch));
    COUNT("invariants of 96 x 96", sr_shallow_water_measure(model, SIDE, SIDE, state[0], state[1], state[2], &kept));
    COUNT("checks of 96 x 96", sr_check_words((const uint32_t *)(const void *)state, 3 * CELLS, &checks));
    return 0;
}
