/* Add, compare, select in registers of LANES states. The file that includes this has defined
 *     LANES               16 or 32
 *     ABREAST             1, 2 or 4: how many blocks are run side by side
 *     reg                 vector of LANES octets
 *     plus(a, b)          saturating sum
 *     least(a, b)         smaller of each
 *     differ(a, b)        uint32_t, bit i: whether lane i differs
 *     every_second(a, b, odd)   lanes 0, 2, ... of a and then of b, or lanes 1, 3, ...
 *     look_up(costs, at)  lane i: octet at[i], 0..3, of costs */
enum { HALF = 32 / LANES, WHOLE = 2 * HALF }; /* NOLINT(misc-redundant-expression): LANES may be 32 */

static const uint8_t OUTPUTS[32] = {VITERBI_32(VITERBI_OUTPUT)};

/* The metrics of 32 new states from those of the even and the odd old states. Bit n of the result: whether new state n
 * was reached from the odd one. */
static inline uint64_t choose(const reg even[HALF], const reg odd[HALF], const reg even_cost[HALF],
                              const reg odd_cost[HALF], reg out[HALF]) {
    uint64_t choices = 0;
    for (int i = 0; i < HALF; i++) {
        reg a = plus(even[i], even_cost[i]), b = plus(odd[i], odd_cost[i]);
        out[i] = least(a, b);
        choices |= (uint64_t)differ(out[i], a) << i * LANES;
    }
    return choices;
}

static inline uint64_t step(reg metrics[WHOLE], uint32_t costs, const reg same_at[HALF]) {
    reg same[HALF], other[HALF], even[HALF], odd[HALF];
    for (int i = 0; i < HALF; i++) {
        same[i] = look_up(costs, same_at[i]), other[i] = look_up(costs, same_at[i] ^ 3);
        even[i] = every_second(metrics[2 * i], metrics[2 * i + 1], 0);
        odd[i] = every_second(metrics[2 * i], metrics[2 * i + 1], 1);
    }
    uint64_t low = choose(even, odd, same, other, metrics);
    return low | choose(even, odd, other, same, metrics + HALF) << 32;
}

static inline void renormalise(reg metrics[WHOLE]) {
    reg smallest = metrics[0];
    for (int i = 1; i < WHOLE; i++) smallest = least(smallest, metrics[i]);
    uint8_t lanes[LANES], least_of_all = 255;
    memcpy(lanes, &smallest, sizeof lanes);
    for (int i = 0; i < LANES; i++) least_of_all = lanes[i] < least_of_all ? lanes[i] : least_of_all;
    for (int i = 0; i < WHOLE; i++) metrics[i] -= least_of_all;
}

/* Run ABREAST blocks side by side, as many as there are registers for, since each step of a block waits for the one
 * before. */
static void run_abreast(struct viterbi_block *blocks, size_t steps) {
    reg metrics[ABREAST][WHOLE], same_at[HALF];
    memset(metrics, 0, sizeof metrics);
    memcpy(same_at, OUTPUTS, sizeof OUTPUTS);
    for (size_t t = 0; t < steps; t++) {
        for (int b = 0; b < ABREAST; b++) blocks[b].choices[t] = step(metrics[b], blocks[b].costs[t], same_at);
        if (t % VITERBI_RENORM == VITERBI_RENORM - 1)
            for (int b = 0; b < ABREAST; b++) renormalise(metrics[b]);
    }
    for (int b = 0; b < ABREAST; b++) memcpy(blocks[b].metrics, metrics[b], VITERBI_STATES);
}

static void run(struct viterbi_block *blocks, size_t count, size_t steps) {
    for (size_t b = 0; b < count; b += ABREAST) run_abreast(blocks + b, steps);
}

VITERBI_WEIGH
