/* Shallow water between unreadable pages: against its equations in binary64, with steps asked for together and one by
 * one, and with the whole state rotated about the globe; and its mass, energy and checks. */
#include "check.h"
#include "skyrack/shallow_water.h"
#include <math.h>

enum { FIELDS = 3 };
struct state {
    float *field[FIELDS];
    size_t size;
};

static struct state new_state(size_t cells) {
    struct state s = {.size = 4 * cells};
    for (int f = 0; f < FIELDS; f++) s.field[f] = (float *)guarded(s.size);
    return s;
}
static void free_state(struct state s) {
    for (int f = 0; f < FIELDS; f++) release((uint8_t *)s.field[f], s.size);
}
static void copy(struct state to, struct state from) {
    for (int f = 0; f < FIELDS; f++) memcpy(to.field[f], from.field[f], from.size);
}
static int same(struct state a, struct state b) {
    for (int f = 0; f < FIELDS; f++)
        if (memcmp(a.field[f], b.field[f], a.size) != 0) return 0;
    return 1;
}

static struct sr_shallow_water_grid grid_of(uint32_t rows, uint32_t cols) {
    return (struct sr_shallow_water_grid){.rows = rows,
                                          .cols = cols,
                                          .south_deg = -10,
                                          .row_deg = 1,
                                          .col_deg = 1.5,
                                          .step_s = 200,
                                          .depth_m = 5000,
                                          .viscosity_m2_s = 1e5};
}

static void run(const struct sr_shallow_water_grid *g, const void *model, struct state s, size_t steps) {
    size_t size = sr_shallow_water_scratch(g->cols);
    uint8_t *scratch = guarded(size);
    fill(scratch, size, &(uint64_t){3}); /* whatever scratch holds must not matter */
    CHECK(sr_shallow_water_run(model, g->rows, g->cols, s.field[0], s.field[1], s.field[2], steps, scratch, size) ==
          SR_OK);
    release(scratch, size);
}

static void measure(const struct sr_shallow_water_grid *g, const void *model, struct state s,
                    struct sr_shallow_water_invariants *out) {
    CHECK(sr_shallow_water_measure(model, g->rows, g->cols, s.field[0], s.field[1], s.field[2], out) == SR_OK);
}

static void weather(const struct sr_shallow_water_grid *g, struct state s, uint64_t *random) {
    for (size_t i = 0; i < (size_t)g->rows * g->cols; i++) {
        s.field[0][i] = (float)(draw(random) >> 40) / (1 << 24) * 100 - 50;
        s.field[1][i] = (float)(draw(random) >> 40) / (1 << 24) * 20 - 10;
        s.field[2][i] = i < g->cols ? 0 : (float)(draw(random) >> 40) / (1 << 24) * 20 - 10;
    }
}

/* One step over whole arrays in binary64, from the equations of the header; `out` is eta, then u, then v. */
static void plain_step(const struct sr_shallow_water_grid *g, double *eta, double *u, double *v) {
    const double rad = 3.14159265358979323846 / 180, radius = 6371229, gravity = 9.80665;
    int R = (int)g->rows, C = (int)g->cols;
    double dy = radius * g->row_deg * rad, dt = g->step_s, nu = g->viscosity_m2_s;
    double *z = calloc((size_t)(R + 1) * C, 8), *head = calloc((size_t)R * C, 8), *tendency = calloc((size_t)R * C, 8);
#define I(j, i) ((size_t)(j) * C + (size_t)(((i) + C) % C))
#define COS(j) cos((g->south_deg + (j) * g->row_deg) * rad)
#define DX(j) (radius * g->col_deg * rad * COS(j))
#define F(j) (2 * 7.292115e-5 * sin((g->south_deg + (j) * g->row_deg) * rad))
#define V(j, i) ((j) < R ? v[I(j, i)] : 0)
    for (int j = 1; j < R; j++)
        for (int i = 0; i < C; i++)
            z[I(j, i)] = (V(j, i) - V(j, i - 1)) / DX(j) -
                         (COS(j + .5) * u[I(j, i)] - COS(j - .5) * u[I(j - 1, i)]) / (dy * COS(j));
    for (int j = 0; j < R; j++)
        for (int i = 0; i < C; i++) {
            double west = u[I(j, i)] * (g->depth_m + (eta[I(j, i - 1)] + eta[I(j, i)]) / 2);
            double east = u[I(j, i + 1)] * (g->depth_m + (eta[I(j, i)] + eta[I(j, i + 1)]) / 2);
            double south = j ? COS(j) * v[I(j, i)] * (g->depth_m + (eta[I(j - 1, i)] + eta[I(j, i)]) / 2) : 0;
            double north =
                j + 1 < R ? COS(j + 1) * V(j + 1, i) * (g->depth_m + (eta[I(j, i)] + eta[I(j + 1, i)]) / 2) : 0;
            tendency[I(j, i)] = -(east - west) / DX(j + .5) - (north - south) / (dy * COS(j + .5));
        }
    for (int n = 0; n < R * C; n++) eta[n] += dt * tendency[n];
    for (int j = 0; j < R; j++)
        for (int i = 0; i < C; i++) {
            double kinetic =
                (pow(u[I(j, i)], 2) + pow(u[I(j, i + 1)], 2) + pow(v[I(j, i)], 2) + pow(V(j + 1, i), 2)) / 4;
            double divergence = (u[I(j, i + 1)] - u[I(j, i)]) / DX(j + .5) +
                                (COS(j + 1) * V(j + 1, i) - COS(j) * v[I(j, i)]) / (dy * COS(j + .5));
            head[I(j, i)] = gravity * eta[I(j, i)] + kinetic - nu * divergence;
        }
    for (int j = 0; j < R; j++)
        for (int i = 0; i < C; i++) {
            double turn = (z[I(j, i)] + F(j)) * (V(j, i - 1) + V(j, i)) +
                          (z[I(j + 1, i)] + F(j + 1)) * (V(j + 1, i - 1) + V(j + 1, i));
            tendency[I(j, i)] =
                turn / 4 - (head[I(j, i)] - head[I(j, i - 1)]) / DX(j + .5) - nu * (z[I(j + 1, i)] - z[I(j, i)]) / dy;
        }
    for (int n = 0; n < R * C; n++) u[n] += dt * tendency[n];
    for (int j = 1; j < R; j++)
        for (int i = 0; i < C; i++) {
            double turn = (z[I(j, i)] + F(j)) * (u[I(j - 1, i)] + u[I(j, i)]) +
                          (z[I(j, i + 1)] + F(j)) * (u[I(j - 1, i + 1)] + u[I(j, i + 1)]);
            v[I(j, i)] -=
                dt * (turn / 4 + (head[I(j, i)] - head[I(j - 1, i)]) / dy - nu * (z[I(j, i + 1)] - z[I(j, i)]) / DX(j));
        }
    free(z), free(head), free(tendency);
}

static void against_the_equations(uint32_t rows, uint32_t cols, size_t steps, uint64_t *random) {
    struct sr_shallow_water_grid g = grid_of(rows, cols);
    size_t cells = (size_t)rows * cols, size = sr_shallow_water_size(&g);
    struct state s = new_state(cells);
    uint8_t *model = guarded((size + 3) / 4 * 4);
    double *plain[FIELDS];
    weather(&g, s, random);
    for (int f = 0; f < FIELDS; f++) {
        plain[f] = calloc(cells, 8);
        for (size_t i = 0; i < cells; i++) plain[f][i] = s.field[f][i];
    }
    CHECK(sr_shallow_water_make(&g, model, size) == SR_OK);
    run(&g, model, s, steps);
    for (size_t n = 0; n < steps; n++) plain_step(&g, plain[0], plain[1], plain[2]);
    for (int f = 0; f < FIELDS; f++)
        for (size_t i = 0; i < cells; i++) CHECK(fabs(s.field[f][i] - plain[f][i]) < 2e-4 * (double)steps);
    for (int f = 0; f < FIELDS; f++) free(plain[f]);
    free_state(s), release(model, (size + 3) / 4 * 4);
}

/* Steps give the same one by one or together; a state rotated by any number of columns gives the same result,
 * rotated. */
static void groups_and_turns(uint32_t rows, uint32_t cols, size_t steps, uint64_t *random) {
    struct sr_shallow_water_grid g = grid_of(rows, cols);
    size_t cells = (size_t)rows * cols, size = sr_shallow_water_size(&g), by = draw(random) % cols;
    struct state whole = new_state(cells), single = new_state(cells), turned = new_state(cells);
    void *model = malloc(size);
    weather(&g, whole, random), copy(single, whole);
    for (int f = 0; f < FIELDS; f++)
        for (size_t i = 0; i < cells; i++) turned.field[f][i / cols * cols + (i + by) % cols] = whole.field[f][i];
    CHECK(sr_shallow_water_make(&g, model, size) == SR_OK);
    run(&g, model, whole, steps);
    for (size_t n = 0; n < steps; n++) run(&g, model, single, 1);
    run(&g, model, turned, steps);
    CHECK(same(whole, single));
    for (int f = 0; f < FIELDS; f++)
        for (size_t i = 0; i < cells; i++)
            CHECK(turned.field[f][i / cols * cols + (i + by) % cols] == whole.field[f][i]);
    free(model), free_state(whole), free_state(single), free_state(turned);
}

static void invariants(void) {
    struct sr_shallow_water_grid g = grid_of(12, 40);
    g.viscosity_m2_s = 0;
    struct state s = new_state(12 * 40);
    void *model = malloc(sr_shallow_water_size(&g));
    struct sr_shallow_water_invariants before, after;
    memset(s.field[1], 0, s.size), memset(s.field[2], 0, s.size);
    for (int i = 0; i < 12 * 40; i++) s.field[0][i] = i % 40 < 20 ? 10 : 0;
    CHECK(sr_shallow_water_make(&g, model, sr_shallow_water_size(&g)) == SR_OK);
    measure(&g, model, s, &before);
    CHECK(fabs(before.mean_m - 5) < 1e-12 && before.speed_max == 0);
    CHECK(fabs(before.energy_m3_s2 - 9.80665 * 100 / 4) < 1e-4);
    run(&g, model, s, 300);
    measure(&g, model, s, &after);
    CHECK(fabs(after.mean_m - before.mean_m) < 1e-7 * 5000);
    CHECK(fabs(after.energy_m3_s2 / before.energy_m3_s2 - 1) < 0.2);
    CHECK(after.speed_max > 0.1 && after.speed_max < 2);
    s.field[1][77] = NAN;
    measure(&g, model, s, &after);
    CHECK(isnan(after.energy_m3_s2));
    free(model), free_state(s);
}

static void checks(uint64_t *random) {
    for (size_t count = 0; count < 70; count++) {
        uint32_t *words = (uint32_t *)guarded(4 * count);
        fill((uint8_t *)words, 4 * count, random);
        struct sr_checks known = {0}, found;
        for (size_t i = 0; i < count; i++) {
            uint64_t word = (uint64_t)words[i] << 32 * (i % 2);
            known.sum += word, known.parity ^= word;
        }
        sr_check_words(words, count, &found);
        CHECK(found.sum == known.sum && found.parity == known.parity);
        release((uint8_t *)words, 4 * count);
    }
}

static void refusals(void) {
    struct sr_shallow_water_grid good = grid_of(8, 8), g;
    _Alignas(8) uint8_t model[16384];
    CHECK(sr_shallow_water_make(&good, model, sizeof model) == SR_OK);
    CHECK(sr_shallow_water_make(&good, model, sr_shallow_water_size(&good) - 1) == SR_TOO_SMALL);
    CHECK(sr_shallow_water_make(&good, model + 1, sizeof model - 1) == SR_BAD_ARGUMENT);
#define REFUSE(change)                                                                                                 \
    do {                                                                                                               \
        g = good, g.change;                                                                                            \
        CHECK(sr_shallow_water_make(&g, model, sizeof model) == SR_BAD_ARGUMENT);                                      \
    } while (0)
    REFUSE(rows = 1);
    REFUSE(cols = 2);
    REFUSE(cols = 65537);
    REFUSE(south_deg = 85);
    REFUSE(south_deg = NAN);
    REFUSE(row_deg = 0);
    REFUSE(col_deg = -1);
    REFUSE(step_s = 2000);
    REFUSE(step_s = INFINITY);
    REFUSE(depth_m = 0);
    REFUSE(viscosity_m2_s = -1);
    REFUSE(viscosity_m2_s = 1e9);
    g.cols = 2;
    CHECK(sr_shallow_water_size(&g) == 0);
}

/* Whichever bit flips in the model's memory: the state is wrong, or SR_CORRUPT comes back, and nothing outside is
 * touched. */
static void memory_that_changed_is_survived(uint64_t *random) {
    enum { ROWS = 3, COLS = 4, STEPS = 2 };
    struct sr_shallow_water_grid g = grid_of(ROWS, COLS);
    const size_t size = sr_shallow_water_size(&g), scratch_size = sr_shallow_water_scratch(COLS);
    struct state start = new_state(ROWS * COLS), s = new_state(ROWS * COLS);
    uint8_t *model = guarded(size), *scratch = guarded(scratch_size);
    struct sr_shallow_water_invariants out;
    weather(&g, start, random);
    CHECK(sr_shallow_water_make(&g, model, size) == SR_OK);
    FOR_EACH_FLIP(model, size) {
        copy(s, start);
        int status =
            sr_shallow_water_run(model, ROWS, COLS, s.field[0], s.field[1], s.field[2], STEPS, scratch, scratch_size);
        CHECK(status == (bit < 64 ? SR_CORRUPT : SR_OK)); /* the counts of rows and columns come first */
        CHECK(status == sr_shallow_water_measure(model, ROWS, COLS, s.field[0], s.field[1], s.field[2], &out));
    }
    CHECK(sr_shallow_water_run(model, ROWS, COLS, s.field[0], s.field[1], s.field[2], 1, scratch, scratch_size - 1) ==
          SR_TOO_SMALL);
    release(model, size), release(scratch, scratch_size), free_state(start), free_state(s);
}

int main(void) {
    START();
    uint64_t random = 6;
    for (uint32_t cols = 3; cols < 52; cols += 5) against_the_equations(2 + cols % 5, cols, 5, &random);
    against_the_equations(20, 64, 20, &random);
    for (uint32_t cols = 3; cols < 40; cols++) groups_and_turns(2 + cols % 7, cols, 1 + cols % 19, &random);
    invariants();
    checks(&random);
    refusals();
    memory_that_changed_is_survived(&random);
    CHECK(sr_selftest_shallow_water() == SR_OK);
    DONE();
}
