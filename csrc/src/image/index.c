/* Water index and threshold. */
#include "image/ops.h"

int sr_normalised_difference_u8(const uint8_t *a, const uint8_t *b, size_t count, float *out) {
    image_ops()->difference_u8(a, b, count, out);
    return SR_OK;
}

int sr_normalised_difference_u16(const uint16_t *a, const uint16_t *b, size_t count, float *out) {
    image_ops()->difference_u16(a, b, count, out);
    return SR_OK;
}

static int is_water(int green, int swir1, float threshold) {
    return (float)(green - swir1) / (float)(green + swir1) > threshold;
}

/* The index grows with green and falls with swir1, and rounding keeps both orders: for each swir1 there is a greatest
 * green that is land, it never falls as swir1 grows, and green = 0 is land for every threshold from -1 on. */
static void find_land_max(float threshold, uint8_t land_max[256]) {
    int green = 0;
    for (int swir1 = 0; swir1 < 256; swir1++) {
        while (green < 255 && !is_water(green + 1, swir1, threshold)) green++;
        land_max[swir1] = (uint8_t)green;
    }
}

static int is_index(float threshold) { return threshold >= -1 && threshold <= 1; }

int sr_mndwi_mask_u8(const uint8_t *green, const uint8_t *swir1, size_t count, float threshold, uint8_t *mask) {
    if (!is_index(threshold)) return SR_BAD_ARGUMENT;
    uint8_t land_max[256];
    find_land_max(threshold, land_max);
    image_ops()->above_u8(green, swir1, count, land_max, mask);
    return SR_OK;
}

int sr_mndwi_mask_u16(const uint16_t *green, const uint16_t *swir1, size_t count, float threshold, uint8_t *mask) {
    if (!is_index(threshold)) return SR_BAD_ARGUMENT;
    image_ops()->mndwi_above_u16(green, swir1, count, threshold, mask);
    return SR_OK;
}
