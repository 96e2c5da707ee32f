/* Activations, as loops for the vectoriser. */

/* e^x for -87 <= x <= 87 as 2^n e^r with |r| <= ln 2 / 2, and e^r as a polynomial (that of expf in the Cephes
 * library). */
INLINE float exponential(float x) {
    const float shifted = x * 1.44269504F + 12582912.0F; /* rounds to the whole number n, kept in the last bits */
    const float n = shifted - 12582912.0F, r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    uint32_t bits;
    float power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3F800000U;
    memcpy(&power, &bits, sizeof power);
    return (p * r * r + r + 1.0F) * power;
}

INLINE float sigmoid(float x) {
    x = x < -87.0F ? -87.0F : x;
    x = x > 87.0F ? 87.0F : x;
    return 1.0F / (1.0F + exponential(-x));
}

INLINE float rectified(float x) { return x < 0.0F ? 0.0F : x; }

static void activate(const float *in, size_t count, uint32_t activation, float *out) {
    if (activation == SR_NETS_RELU)
        for (size_t i = 0; i < count; i++) out[i] = rectified(in[i]);
    else if (activation == SR_NETS_SIGMOID)
        for (size_t i = 0; i < count; i++) out[i] = sigmoid(in[i]);
    else memmove(out, in, count * sizeof *out);
}

static void add(const float *a, const float *b, size_t count, uint32_t activation, float *out) {
    if (activation == SR_NETS_RELU)
        for (size_t i = 0; i < count; i++) out[i] = rectified(a[i] + b[i]);
    else
        for (size_t i = 0; i < count; i++) out[i] = a[i] + b[i];
    if (activation == SR_NETS_SIGMOID) activate(out, count, activation, out);
}
