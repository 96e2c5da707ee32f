/* From degrees and metres to the coefficients of each row. Sine and cosine are our own, for those of C libraries
 * differ. */
#include "shallow_water/model.h"
#include <string.h>

static const double RADIUS_M = 6371229, ROTATION_PER_S = 7.292115e-5, GRAVITY_M_S2 = 9.80665;
static const double RADIANS = 3.14159265358979323846 / 180;
enum { SIDE_MAX = 65536, TERMS = 13 };
static const double LATITUDE_MAX = 89;

/* Sine and cosine by Taylor's series, for up to 90 degrees; the terms left out are below 1e-20. */
static double sine(double degrees) {
    double x = degrees * RADIANS, sum = 0;
    for (int n = TERMS; n >= 1; n--) sum = (1 - sum) * x * x / (2 * n * (2 * n + 1));
    return x * (1 - sum);
}
static double cosine(double degrees) {
    double x = degrees * RADIANS, sum = 0;
    for (int n = TERMS; n >= 1; n--) sum = (1 - sum) * x * x / ((2 * n - 1) * (2 * n));
    return 1 - sum;
}

static int is_within(double value, double least, double most) { return value >= least && value <= most; }
static double larger(double a, double b) { return a > b ? a : b; }

/* 1/dx^2 + 1/dy^2 where cells are narrowest. */
static double narrowest(const struct sr_shallow_water_grid *g) {
    double north_deg = g->south_deg + g->rows * g->row_deg;
    double farthest = larger(g->south_deg < 0 ? -g->south_deg : g->south_deg, north_deg < 0 ? -north_deg : north_deg);
    double dx = RADIUS_M * g->col_deg * RADIANS * cosine(farthest), dy = RADIUS_M * g->row_deg * RADIANS;
    return 1 / (dx * dx) + 1 / (dy * dy);
}

static int has_good_sides(const struct sr_shallow_water_grid *g) {
    return is_within(g->rows, 2, SIDE_MAX) && is_within(g->cols, 3, SIDE_MAX);
}

static int is_good(const struct sr_shallow_water_grid *g) {
    if (!has_good_sides(g) || !is_within(g->row_deg, 1e-6, 60) || !is_within(g->col_deg, 1e-6, 60)) return 0;
    if (!is_within(g->south_deg, -LATITUDE_MAX, LATITUDE_MAX)) return 0;
    if (!is_within(g->south_deg + g->rows * g->row_deg, -LATITUDE_MAX, LATITUDE_MAX)) return 0;
    if (!is_within(g->step_s, 1e-6, 1e6) || !is_within(g->depth_m, 1e-3, 1e5)) return 0;
    double courant2 = GRAVITY_M_S2 * g->depth_m * g->step_s * g->step_s * narrowest(g);
    double diffusion = 4 * g->viscosity_m2_s * g->step_s * narrowest(g);
    return courant2 <= 1 && is_within(diffusion, 0, 1);
}

size_t sr_shallow_water_size(const struct sr_shallow_water_grid *grid) {
    if (!has_good_sides(grid)) return 0;
    return sizeof(struct model) + grid->rows * sizeof(struct coefficients);
}

size_t sr_shallow_water_scratch(size_t cols) {
    return LINE + (1 + STEPS_MAX * PASS_ROWS) * room_stride(cols) * sizeof(float);
}

/* The coefficients of a row whose southern side lies at latitude `south`, in degrees. */
static struct coefficients row_at(const struct sr_shallow_water_grid *g, double south) {
    double north = south + g->row_deg, middle = south + g->row_deg / 2, beyond = north + g->row_deg / 2;
    double dx = RADIUS_M * g->col_deg * RADIANS, dy = RADIUS_M * g->row_deg * RADIANS, step = g->step_s;
    double cos_middle = cosine(middle), cos_north = cosine(north), cos_south = cosine(south);
    double f_south = 2 * ROTATION_PER_S * step * sine(south), f_north = 2 * ROTATION_PER_S * step * sine(north);
    return (struct coefficients){
        .east = (float)(step / (dx * cos_middle)),
        .north = (float)(step / (dy * cos_middle)),
        .cos_south = (float)cos_south,
        .cos_north = (float)cos_north,
        .damp_east = (float)(g->viscosity_m2_s / (dx * cos_middle)),
        .damp_north = (float)(g->viscosity_m2_s / (dy * cos_middle)),
        .rotation = (float)f_south,
        .rotation_north = (float)f_north,
        .turn_east = (float)(step / (dx * cos_north)),
        .turn_north = (float)(step * cosine(beyond) / (dy * cos_north)),
        .turn_south = (float)(step * cos_middle / (dy * cos_north)),
        .curl_east = (float)(g->viscosity_m2_s / (dx * cos_south)),
        .cos_middle = (float)cos_middle,
    };
}

int sr_shallow_water_make(const struct sr_shallow_water_grid *grid, void *model, size_t model_size) {
    if (!is_good(grid) || (uintptr_t)model % sizeof(float)) return SR_BAD_ARGUMENT;
    if (model_size < sr_shallow_water_size(grid)) return SR_TOO_SMALL;
    struct model *m = model;
    double dy = RADIUS_M * grid->row_deg * RADIANS;
    memset(m, 0, sr_shallow_water_size(grid));
    m->rows = grid->rows, m->cols = grid->cols;
    m->k = (struct constants){(float)grid->depth_m, (float)(grid->step_s / dy), (float)(grid->viscosity_m2_s / dy)};
    for (uint32_t row = 0; row < grid->rows; row++) m->c[row] = row_at(grid, grid->south_deg + row * grid->row_deg);
    return SR_OK;
}
