#include "shallow_water/model.h"
#include <string.h>

static const struct shallow_water_ops *const TABLES[SR_LEVELS] = {
    [SR_PORTABLE] = &shallow_water_portable,
    SR_ON_X86([SR_AVX2] = &shallow_water_avx2, [SR_AVX512] = &shallow_water_avx512)};

/* The rows in scratch that one step uses while it passes over the state; `flux`, `z` and `head` each have two that take
 * turns. */
struct pass {
    const float *zeros;
    float *flux[2], *z[2], *head[2];
};

static struct pass pass_of(size_t cols, void *scratch, size_t step) {
    size_t row = 1 + step * PASS_ROWS;
    struct pass p = {.zeros = room_row(scratch, cols, 0)};
    for (size_t i = 0; i < 2; i++) {
        p.flux[i] = room_row(scratch, cols, row + i);
        p.z[i] = room_row(scratch, cols, row + 2 + i);
        p.head[i] = room_row(scratch, cols, row + 4 + i);
    }
    return p;
}

static void fill(float *row, size_t cols, float value) {
    for (size_t i = 0; i < cols; i++) row[i] = value;
}

/* Do one row of one step. This row and those to its north are as the step found them, those to its south are done. */
static void step_row(const struct shallow_water_ops *ops, const struct model *m, const struct pass *p, size_t row,
                     float *eta, float *u, float *v) {
    size_t cols = m->cols, here = row % 2, other = 1 - here, at = row * cols;
    int is_last = row + 1 == m->rows;
    struct rows r = {.c = &m->c[row], .k = &m->k, .cols = cols, .eta = eta + at, .u = u + at, .v = v + at};
    r.flux = p->flux[here], r.flux_n = p->flux[other], r.z = p->z[here], r.z_n = p->z[other];
    r.head = p->head[here], r.head_s = p->head[other];
    r.v_n = is_last ? p->zeros : r.v + cols;
    if (row == 0) fill(r.flux, cols, 0), fill(r.z, cols, r.c->rotation);
    if (is_last) {
        fill(r.flux_n, cols, 0), fill(r.z_n, cols, r.c->rotation_north);
    } else {
        r.eta_n = r.eta + cols, r.u_n = r.u + cols;
        ops->look_north(&r);
    }
    ops->step_eta(&r);
    ops->step_u(&r);
    if (row == 0) return;
    r.u_s = r.u - cols;
    ops->step_v(&r);
}

/* Do several steps in one pass over the memory, each one row behind the step before. To do row j, a step needs the rows
 * up to j + 1 done by the step before, which then has no more need of row j. */
static void run_together(const struct shallow_water_ops *ops, const struct model *m, const struct pass *passes,
                         size_t steps, float *eta, float *u, float *v) {
    for (size_t front = 0; front < m->rows + steps - 1; front++)
        for (size_t s = 0; s < steps && s <= front; s++)
            if (front - s < m->rows) step_row(ops, m, &passes[s], front - s, eta, u, v);
}

int sr_shallow_water_run(const void *model, size_t rows, size_t cols, float *eta, float *u, float *v, size_t steps,
                         void *scratch, size_t scratch_size) {
    const struct model *m = model;
    const struct shallow_water_ops *ops = SR_PICK(TABLES);
    struct pass passes[STEPS_MAX];
    if (m->rows != rows || m->cols != cols) return SR_CORRUPT;
    if (scratch_size < sr_shallow_water_scratch(cols)) return SR_TOO_SMALL;
    for (size_t s = 0; s < STEPS_MAX; s++) passes[s] = pass_of(cols, scratch, s);
    fill(room_row(scratch, cols, 0), cols, 0);
    for (size_t left = steps, now; left; left -= now) {
        now = left < STEPS_MAX ? left : STEPS_MAX;
        run_together(ops, m, passes, now, eta, u, v);
    }
    return SR_OK;
}

/* The sum of all lanes: the upper half is added to the lower one until one lane is left. */
static double total(double *lanes) {
    for (size_t half = SUM_LANES / 2; half; half /= 2)
        for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}

static double largest(const double *lanes) {
    double found = 0;
    for (size_t i = 0; i < SUM_LANES; i++) found = lanes[i] > found ? lanes[i] : found;
    return found;
}

int sr_shallow_water_measure(const void *model, size_t rows, size_t cols, const float *eta, const float *u,
                             const float *v, struct sr_shallow_water_invariants *out) {
    const struct model *m = model;
    if (m->rows != rows || m->cols != cols) return SR_CORRUPT;
    const struct shallow_water_ops *ops = SR_PICK(TABLES);
    double mass = 0, energy = 0, area = 0, fastest[SUM_LANES] = {0};
    for (size_t row = 0; row < m->rows; row++) {
        size_t at = row * m->cols;
        struct rows r = {.c = &m->c[row], .k = &m->k, .cols = m->cols};
        r.eta = (float *)eta + at, r.u = (float *)u + at, r.v = (float *)v + at; /* measure() does not write to them */
        double sums[3][SUM_LANES] = {0}, weight = m->c[row].cos_middle;
        memcpy(sums[2], fastest, sizeof fastest);
        ops->measure(&r, sums);
        memcpy(fastest, sums[2], sizeof fastest);
        mass += weight * total(sums[0]), energy += weight * total(sums[1]), area += weight * (double)m->cols;
    }
    *out = (struct sr_shallow_water_invariants){mass / area, energy / (2 * area), __builtin_sqrt(largest(fastest))};
    return SR_OK;
}

void sr_check_words(const uint32_t *words, size_t count, struct sr_checks *out) {
    const struct shallow_water_ops *ops = SR_PICK(TABLES);
    ops->check(words, count / 2, out);
    if (count % 2) out->sum += words[count - 1], out->parity ^= words[count - 1];
}
