/* Any grid, any state: nothing outside is touched, and every level refuses what the portable level refuses, or gives
 * its state, invariants and checks, whether steps are asked for together or one by one. */
#include "fuzz.h"
#include "skyrack/shallow_water.h"
#include <math.h>

enum { STEPS = 11 };

/* Whether numbers are equal bit for bit; NaN equals any NaN. */
static int alike(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i]))) return 0;
    return 1;
}

static double number(struct input *input, int is_any) {
    uint64_t bits = take(input, is_any ? 8 : 1);
    double value = (double)bits;
    if (is_any) memcpy(&value, &bits, sizeof value);
    return value;
}

static struct sr_shallow_water_invariants run(const struct sr_shallow_water_grid *g, float *state, size_t cells,
                                              size_t at_once) {
    size_t size = sr_shallow_water_size(g);
    size_t room = sr_shallow_water_scratch(g->cols);
    void *model = owned(NULL, size), *scratch = owned(NULL, room);
    struct sr_shallow_water_invariants kept;
    REQUIRE(sr_shallow_water_make(g, model, size) == SR_OK);
    for (size_t left = STEPS, now; left; left -= now) {
        now = left < at_once ? left : at_once;
        REQUIRE(sr_shallow_water_run(model, g->rows, g->cols, state, state + cells, state + 2 * cells, now, scratch,
                                     room) == SR_OK);
    }
    REQUIRE(sr_shallow_water_measure(model, g->rows, g->cols, state, state + cells, state + 2 * cells, &kept) == SR_OK);
    free(model), free(scratch);
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    int any = (int)(take(&input, 1) & 1);
    struct sr_shallow_water_grid g = {.rows = (uint32_t)take(&input, 1), .cols = (uint32_t)take(&input, 1)};
    size_t at_once = 1 + take(&input, 1) % STEPS, cells = (size_t)g.rows * g.cols, octets = 12 * cells;
    g.south_deg = number(&input, any) - (any ? 0 : 60), g.row_deg = number(&input, any) / 32;
    g.col_deg = number(&input, any) / 32, g.step_s = number(&input, any), g.depth_m = number(&input, any) * 16;
    g.viscosity_m2_s = number(&input, any) * 1000;
    size_t model_size = sr_shallow_water_size(&g);
    if (!model_size) return 0;
    void *model = owned(NULL, model_size);
    int status = sr_shallow_water_make(&g, model, model_size);
    free(model);
    REQUIRE(status == SR_OK || status == SR_BAD_ARGUMENT);
    if (status != SR_OK) return 0;
    float *first = owned(NULL, octets), *state = owned(NULL, octets), *start = owned(NULL, octets);
    memset(start, 0, octets);
    memcpy(start, input.octets, input.size < octets ? input.size : octets);
    memcpy(first, start, octets);
    sr_level_select("portable");
    struct sr_shallow_water_invariants known = run(&g, first, cells, STEPS);
    ON_EACH_LEVEL(level) {
        memcpy(state, start, octets);
        struct sr_shallow_water_invariants found = run(&g, state, cells, at_once);
        struct sr_checks ones, others;
        REQUIRE(alike(first, state, 3 * cells));
        REQUIRE(found.mean_m == known.mean_m || isnan(known.mean_m));
        REQUIRE(found.energy_m3_s2 == known.energy_m3_s2 || isnan(known.energy_m3_s2));
        sr_check_words((const uint32_t *)(const void *)state, 3 * cells, &ones);
        uint32_t bit = 1U << at_once;
        memcpy(&bit, state, sizeof bit), bit ^= 1U << at_once, memcpy(state, &bit, sizeof bit);
        sr_check_words((const uint32_t *)(const void *)state, 3 * cells, &others);
        REQUIRE(ones.sum != others.sum && ones.parity != others.parity);
    }
    free(first), free(state), free(start);
    return 0;
}
