/* To 8-bit numbers and back, as loops for the vectoriser. No multiplication is fused with an addition, so that all
 * levels give the same octets. */

static void quantise(const float *in, size_t count, float step, uint32_t zero, int16_t *restrict out) {
    const float low = -(float)zero, high = 255.0F - (float)zero;
    for (size_t i = 0; i < count; i++) {
        float q = in[i] / step;
        q = q > low ? q : low; /* also where q is NaN */
        q = q < high ? q : high;
        out[i] = (int16_t)((q + 12582912.0F) - 12582912.0F); /* rounded to a whole number, halves to even */
    }
}

static void finish_i8(const int32_t *sums, const float *scales, const float *bias, size_t outputs, uint32_t activation,
                      float *restrict out) {
    for (size_t i = 0; i < outputs; i++) out[i] = (float)sums[i] * scales[i] + bias[i];
    activate(out, outputs, activation, out);
}
