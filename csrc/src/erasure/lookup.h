/* Products by two lookups of half octets: pshufb on x86-64, tbl on aarch64. The file that includes this has defined
 *     reg                vector of octets
 *     lookup(low, at)    octet at[i] & 15 of the sixteen in each lane of `low`
 *     everywhere(table)  sixteen octets in every lane */

/* The products of `factor` with 0..15, and with 0, 16, ..., 240: for each the sum of those of factor, 2 factor, 4
 * factor, ... whose bit is set in the place. */
static inline void products(uint8_t factor, uint8_t low[16], uint8_t high[16]) {
    typedef uint8_t row __attribute__((vector_size(16)));
    const row place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    row sum = {0};
    for (int bit = 0; bit < 8; bit++) {
        if (bit == 4) memcpy(low, &sum, 16), sum = (row){0};
        sum ^= (row)((place >> (bit & 3) & 1) != 0) & factor;
        factor = (uint8_t)(factor << 1 ^ (factor >> 7) * 0x1D);
    }
    memcpy(high, &sum, 16);
}

struct halves {
    uint8_t low[16], high[16];
};

static inline void add_block(const struct erasure_sums *sums, struct halves (*tables)[SR_ERASURE_SHARDS_MAX], size_t at,
                             size_t length) {
    reg totals[ERASURE_OUTS][2] = {{{0}}};
    for (size_t j = 0; j < sums->ins; j++) {
        reg term[2] = {{0}};
        memcpy(term, sums->in[j] + at, length);
        for (size_t r = 0; r < ERASURE_OUTS; r++) {
            const reg low = everywhere(tables[r][j].low), high = everywhere(tables[r][j].high);
            for (int i = 0; i < 2; i++) totals[r][i] ^= lookup(low, term[i] & 15) ^ lookup(high, term[i] >> 4);
        }
    }
    for (size_t r = 0; r < sums->outs; r++) memcpy(sums->out[r] + at, totals[r], length);
}

static void add_up(const struct erasure_sums *sums, size_t size) {
    struct halves tables[ERASURE_OUTS][SR_ERASURE_SHARDS_MAX];
    for (size_t r = 0; r < ERASURE_OUTS; r++)
        for (size_t j = 0; j < sums->ins; j++)
            products(r < sums->outs ? sums->factors[r][j] : 0, tables[r][j].low, tables[r][j].high);
    size_t at = 0;
    for (; at + 2 * sizeof(reg) <= size; at += 2 * sizeof(reg)) add_block(sums, tables, at, 2 * sizeof(reg));
    if (at < size) add_block(sums, tables, at, size - at);
}
