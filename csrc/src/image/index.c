/* Normalised differences, and the threshold of the water index. */
#include "image/ops.h"

int sr_normalised_difference_u8(const uint8_t *a, const uint8_t *b, size_t count, float *out) {
    image_ops()->difference_u8(a, b, count, out);
    return SR_OK;
}

int sr_normalised_difference_u16(const uint16_t *a, const uint16_t *b, size_t count, float *out) {
    image_ops()->difference_u16(a, b, count, out);
    return SR_OK;
}

/* The MNDWI (g - s) / (g + s) grows with the ratio g / s alone, and rounding keeps the order. So a threshold on it
 * divides the ratios in two. Water is what is above the largest ratio on the side of land, taken among ratios of
 * numbers as wide as the bands', and comparing with that ratio needs no division. */
struct fraction {
    uint32_t over, under;
};

static int is_water(struct fraction green_swir1, float threshold) {
    int32_t g = (int32_t)green_swir1.over, s = (int32_t)green_swir1.under;
    return (float)(g - s) / (float)(g + s) > threshold;
}

/* from + steps * by, of numerators and of denominators: a fraction between the two, the nearer to `by` the more
 * steps. */
static struct fraction toward(struct fraction from, struct fraction by, uint32_t steps) {
    return (struct fraction){from.over + steps * by.over, from.under + steps * by.under};
}

/* The most steps from `from` toward `by` that stay on the side of `from`, and within `limit`. */
static struct fraction advance(struct fraction from, struct fraction by, uint32_t limit, float threshold) {
    uint32_t low = 0, high = limit + 1; /* `low` steps are allowed, `high` steps are not */
    int side = is_water(from, threshold);
    while (high - low > 1) {
        uint32_t steps = low + (high - low) / 2;
        int within = (uint64_t)steps * by.over + from.over <= limit && (uint64_t)steps * by.under + from.under <= limit;
        if (within && is_water(toward(from, by, steps), threshold) == side) low = steps;
        else high = steps;
    }
    return toward(from, by, low);
}

/* Walk down the Stern-Brocot tree, between a fraction that is land and one that is water: once the sums of their
 * numerators and denominators exceed the limit, no fraction within the limit lies between the two. */
static struct ratio find_land_max(float threshold, uint32_t limit) {
    struct fraction land = {0, 1}, water = {1, 0};
    if (!is_water(water, threshold)) return (struct ratio){1, 0};
    while (land.over + water.over <= limit && land.under + water.under <= limit) {
        land = advance(land, water, limit, threshold);
        water = advance(water, land, limit, threshold);
    }
    return (struct ratio){(uint16_t)land.over, (uint16_t)land.under};
}

static int is_index(float threshold) { return threshold >= -1 && threshold <= 1; }

int sr_mndwi_mask_u8(const uint8_t *green, const uint8_t *swir1, size_t count, float threshold, uint8_t *mask) {
    if (!is_index(threshold)) return SR_BAD_ARGUMENT;
    image_ops()->above_u8(green, swir1, count, find_land_max(threshold, UINT8_MAX), mask);
    return SR_OK;
}

int sr_mndwi_mask_u16(const uint16_t *green, const uint16_t *swir1, size_t count, float threshold, uint8_t *mask) {
    if (!is_index(threshold)) return SR_BAD_ARGUMENT;
    image_ops()->above_u16(green, swir1, count, find_land_max(threshold, UINT16_MAX), mask);
    return SR_OK;
}
