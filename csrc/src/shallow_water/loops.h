/* The functions of struct shallow_water_ops. The file that includes this has defined LANES, the floats of a vector.
 * Vectors of 16 get their neighbours by shifting two vectors, since loads across cache lines would cost more than the
 * arithmetic. Each formula is written once, for vectors and for the last cells of a row whose length is no multiple of
 * LANES. */
#include "shallow_water/ops.h"
#include <string.h>

typedef float wide __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#define AT(row, i) (*(const wide *)((row) + (i)))
#define PUT(row, i) (*(wide *)((row) + (i)))

#define FOUR_FROM(i) (i), (i) + 1, (i) + 2, (i) + 3
#if LANES == 4
#define FROM(i) FOUR_FROM(i)
#elif LANES == 8
#define FROM(i) FOUR_FROM(i), FOUR_FROM((i) + 4)
#else
#define FROM(i) FOUR_FROM(i), FOUR_FROM((i) + 4), FOUR_FROM((i) + 8), FOUR_FROM((i) + 12)
#endif
/* The western neighbours of all lanes of `here`, `before` being the vector west of it; and the eastern ones, `after`
 * being the vector east of it. */
#define WEST(before, here) __builtin_shufflevector(before, here, FROM(LANES - 1))
#define EAST(here, after) __builtin_shufflevector(here, after, FROM(1))

static inline wide all(float value) { return value - (wide){0}; }
static inline size_t whole(size_t cols) { return cols / LANES * LANES; }
static inline size_t west_of(size_t i, size_t cols) { return i ? i - 1 : cols - 1; }
static inline size_t east_of(size_t i, size_t cols) { return i + 1 < cols ? i + 1 : 0; }

/* The vector at i; after the last whole one, the number that its first lane would hold, in all lanes. */
static inline wide after(const float *row, size_t i, size_t cols) {
    return i < whole(cols) ? AT(row, i) : all(row[i < cols ? i : 0]);
}

/* Western and eastern neighbours of the vector `here` at i, in a row that is not being changed. Narrow vectors are
 * loaded from memory: few of these loads cross a cache line. */
static inline wide west_at(const float *row, size_t i, wide before, wide here) {
    if (LANES == 16 || i == 0) return WEST(before, here);
    return AT(row, i - 1);
}
static inline wide east_at(const float *row, size_t i, size_t cols, wide here, wide next) {
    if (LANES == 16 || i + LANES >= cols) return EAST(here, next);
    return AT(row, i + 1);
}

static void look_north(const struct rows *r) {
    const float *eta = r->eta, *eta_n = r->eta_n, *u = r->u, *u_n = r->u_n, *v_n = r->v_n;
    float *flux_n = r->flux_n, *z_n = r->z_n;
    const float depth = r->k->depth, cos_north = r->c->cos_north, rotation = r->c->rotation_north;
    const float of_v = r->c->turn_east, beyond = r->c->turn_north, here = r->c->turn_south;
    const size_t cols = r->cols;
    size_t i = 0;
#define FLUX(v, eta, eta_n) ((v) * (depth + 0.5F * ((eta) + (eta_n))) * cos_north)
#define TURN(v, v_w, u_n, u) (of_v * ((v) - (v_w)) - (beyond * (u_n) - here * (u)) + rotation)
    for (wide before = all(v_n[cols - 1]), v; i < whole(cols); i += LANES, before = v) {
        v = AT(v_n, i);
        PUT(flux_n, i) = FLUX(v, AT(eta, i), AT(eta_n, i));
        PUT(z_n, i) = TURN(v, west_at(v_n, i, before, v), AT(u_n, i), AT(u, i));
    }
    for (; i < cols; i++) {
        flux_n[i] = FLUX(v_n[i], eta[i], eta_n[i]);
        z_n[i] = TURN(v_n[i], v_n[west_of(i, cols)], u_n[i], u[i]);
    }
}

static void step_eta(const struct rows *r) {
    const float *u = r->u, *v = r->v, *v_n = r->v_n, *flux = r->flux, *flux_n = r->flux_n;
    float *eta = r->eta, *head = r->head;
    const struct coefficients c = *r->c;
    const float depth = r->k->depth;
    const size_t cols = r->cols, last = cols - 1;
#define MASS(u, eta_w, eta) ((u) * (depth + 0.5F * ((eta_w) + (eta))))
#define ETA(eta, mass_e, mass, flux_n, flux) ((eta) - (c.east * ((mass_e) - (mass)) + c.north * ((flux_n) - (flux))))
#define HEAD(eta, u_e, u, v_n, v)                                                                                      \
    (SR_GRAVITY * (eta) + 0.25F * (((u) * (u) + (u_e) * (u_e)) + ((v) * (v) + (v_n) * (v_n))) -                        \
     (c.damp_east * ((u_e) - (u)) + c.damp_north * (c.cos_north * (v_n) - c.cos_south * (v))))
    const float eta_0 = eta[0], mass_0 = MASS(u[0], eta[last], eta_0);
    size_t i = 0;
    wide before = all(eta[last]), old = after(eta, 0, cols), u_here = after(u, 0, cols), mass, next, u_next, mass_next;
    for (mass = MASS(u_here, WEST(before, old), old); i < whole(cols); i += LANES) {
        next = all(eta_0), mass_next = all(mass_0), u_next = after(u, i + LANES, cols);
        if (i + LANES < cols) next = after(eta, i + LANES, cols), mass_next = MASS(u_next, WEST(old, next), next);
        const wide new = ETA(old, EAST(mass, mass_next), mass, AT(flux_n, i), AT(flux, i));
        PUT(eta, i) = new;
        PUT(head, i) = HEAD(new, east_at(u, i, cols, u_here, u_next), u_here, AT(v_n, i), AT(v, i));
        before = old, old = next, u_here = u_next, mass = mass_next;
    }
    for (float old_w = before[LANES - 1], here; i < cols; i++, old_w = here) {
        const size_t e = east_of(i, cols);
        here = eta[i];
        const float mass_e = e ? MASS(u[e], here, eta[e]) : mass_0;
        eta[i] = ETA(here, mass_e, MASS(u[i], old_w, here), flux_n[i], flux[i]);
        head[i] = HEAD(eta[i], u[e], u[i], v_n[i], v[i]);
    }
}

static void step_u(const struct rows *r) {
    const float *v = r->v, *v_n = r->v_n, *z = r->z, *z_n = r->z_n, *head = r->head;
    float *u = r->u;
    const float east = r->c->east, curl = r->k->curl_north, rise = r->c->rotation_north - r->c->rotation;
    const size_t cols = r->cols, last = cols - 1;
    size_t i = 0;
    wide v_before = all(v[last]), v_n_before = all(v_n[last]), head_before = all(head[last]);
#define U(u, z, z_n, v_w, v, v_nw, v_n, head_w, head)                                                                  \
    ((u) + (0.25F * ((z) * ((v_w) + (v)) + (z_n) * ((v_nw) + (v_n))) - east * ((head) - (head_w)) -                    \
            curl * ((z_n) - (z) - rise)))
    for (wide v_here, v_n_here, head_here; i < whole(cols); i += LANES) {
        v_here = AT(v, i), v_n_here = AT(v_n, i), head_here = AT(head, i);
        PUT(u, i) =
            U(AT(u, i), AT(z, i), AT(z_n, i), west_at(v, i, v_before, v_here), v_here,
              west_at(v_n, i, v_n_before, v_n_here), v_n_here, west_at(head, i, head_before, head_here), head_here);
        v_before = v_here, v_n_before = v_n_here, head_before = head_here;
    }
    for (; i < cols; i++) {
        const size_t w = west_of(i, cols);
        u[i] = U(u[i], z[i], z_n[i], v[w], v[i], v_n[w], v_n[i], head[w], head[i]);
    }
}

static void step_v(const struct rows *r) {
    const float *u = r->u, *u_s = r->u_s, *z = r->z, *head = r->head, *head_s = r->head_s;
    float *v = r->v;
    const float gradient = r->k->gradient, curl = r->c->curl_east;
    const size_t cols = r->cols;
    size_t i = 0;
    wide u_here = after(u, 0, cols), u_s_here = after(u_s, 0, cols), z_here = after(z, 0, cols);
#define V(v, z, z_e, u_s, u, u_se, u_e, head, head_s)                                                                  \
    ((v) - (0.25F * ((z) * ((u_s) + (u)) + (z_e) * ((u_se) + (u_e))) + gradient * ((head) - (head_s)) -                \
            curl * ((z_e) - (z))))
    for (wide u_next, u_s_next, z_next; i < whole(cols); i += LANES) {
        u_next = after(u, i + LANES, cols), u_s_next = after(u_s, i + LANES, cols), z_next = after(z, i + LANES, cols);
        PUT(v, i) = V(AT(v, i), z_here, east_at(z, i, cols, z_here, z_next), u_s_here, u_here,
                      east_at(u_s, i, cols, u_s_here, u_s_next), east_at(u, i, cols, u_here, u_next), AT(head, i),
                      AT(head_s, i));
        u_here = u_next, u_s_here = u_s_next, z_here = z_next;
    }
    for (; i < cols; i++) {
        const size_t e = east_of(i, cols);
        v[i] = V(v[i], z[i], z[e], u_s[i], u[i], u_s[e], u[e], head[i], head_s[i]);
    }
}

enum { DOUBLES = LANES / 2 };
typedef float half __attribute__((vector_size(4 * DOUBLES), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(8 * DOUBLES), aligned(8), may_alias));
typedef int64_t integers __attribute__((vector_size(8 * DOUBLES)));

/* Measure the cells of DOUBLES lanes from `lane` on, all along the row. */
static inline void measure_lanes(const struct rows *r, size_t lane, double sums[3][SUM_LANES]) {
    doubles *to[3] = {(doubles *)(sums[0] + lane), (doubles *)(sums[1] + lane), (doubles *)(sums[2] + lane)};
    doubles mass = *to[0], energy = *to[1], fastest = *to[2];
    const double depth = r->k->depth, gravity = SR_GRAVITY;
    for (size_t i = lane; i - lane + SUM_LANES <= r->cols; i += SUM_LANES) {
        doubles eta = __builtin_convertvector(*(const half *)(r->eta + i), doubles);
        doubles u = __builtin_convertvector(*(const half *)(r->u + i), doubles);
        doubles v = __builtin_convertvector(*(const half *)(r->v + i), doubles);
        doubles squares = u * u + v * v;
        mass += eta;
        energy += (depth + eta) * squares + gravity * (eta * eta);
        integers faster = squares > fastest;
        fastest = (doubles)(((integers)squares & faster) | ((integers)fastest & ~faster));
    }
    *to[0] = mass, *to[1] = energy, *to[2] = fastest;
}

static void measure(const struct rows *r, double sums[3][SUM_LANES]) {
    const double depth = r->k->depth, gravity = SR_GRAVITY;
    for (size_t lane = 0; lane < SUM_LANES; lane += DOUBLES) measure_lanes(r, lane, sums);
    for (size_t i = r->cols / SUM_LANES * SUM_LANES; i < r->cols; i++) {
        double eta = r->eta[i], u = r->u[i], v = r->v[i], squares = u * u + v * v;
        sums[0][i % SUM_LANES] += eta;
        sums[1][i % SUM_LANES] += (depth + eta) * squares + gravity * (eta * eta);
        if (squares > sums[2][i % SUM_LANES]) sums[2][i % SUM_LANES] = squares;
    }
}

static void check(const uint32_t *words, size_t pairs, struct sr_checks *out) {
    uint64_t sum = 0, parity = 0;
    for (size_t i = 0; i < pairs; i++) {
        uint64_t pair;
        memcpy(&pair, words + 2 * i, sizeof pair);
        sum += pair, parity ^= pair;
    }
    out->sum = sum, out->parity = parity;
}

#define SHALLOW_WATER_OPS {look_north, step_eta, step_u, step_v, measure, check}
