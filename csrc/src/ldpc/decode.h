/* The decoder: layered min-sum on as many frames as a vector has octets, one frame a lane, so that all look at the same
 * addresses. Lanes whose frame is done are given the next ones. The file that includes this has defined
 *     LANES                    octets of a vector
 *     reg                      vector of uint8_t
 *     less_saturated(a, b)     a - b, signed
 *     plus_saturated(a, b)     a + b, signed
 *     magnitude(a)             |a| of signed a, up to 128
 *     lesser(a, b), greater(a, b)      unsigned
 *     where_equal(a, b, x, y)  a == b ? x : y
 *     with_sign(a, s)          s < 0 ? -a : a
 *     all_negative(a)          whether every octet of signed a is below 0 */
#include "ldpc/ops.h"
#include <string.h>

enum { MESSAGE_MAX = 50, KNOWN = 127, EIGHT = 8, TILE = 64, REFILL = LANES / 4 };

typedef int8_t signed_reg __attribute__((vector_size(LANES)));

/* A belief says what is known of one bit: above 0 that it is 0, below 0 that it is 1. All arrays have rows of LANES
 * octets: that of lane l in row r is at [r * LANES + l]. */
struct work {
    const struct ldpc_task *task;
    int8_t *beliefs, *messages;
    uint8_t *decisions;
    size_t next, busy_count;
    reg busy; /* 0xFF for the lanes that hold a frame */
    size_t frame[LANES];
    uint8_t spent[LANES]; /* iterations so far */
};

static inline reg load(const void *from) {
    reg value;
    memcpy(&value, from, sizeof value);
    return value;
}
static inline void store(void *to, reg value) { memcpy(to, &value, sizeof value); }
static inline reg all(uint8_t value) { return (reg){0} + value; }

/* Where the bits of a check stand, as offsets into the beliefs. From one check of a row of circulants to the next, each
 * moves on by one bit, and from the end of its circulant to the beginning: back by `turn`. */
struct places {
    uint32_t at[LDPC_DEGREE_MAX], end[LDPC_DEGREE_MAX];
    uint32_t turn;
};

static inline void begin_row(const struct ldpc_code *code, const struct ldpc_edge *edges, size_t degree,
                             struct places *places) {
    places->turn = (uint32_t)code->size * LANES;
    for (size_t e = 0; e < degree; e++) {
        places->at[e] = (uint32_t)(edges[e].column * code->size + edges[e].shift) * LANES;
        places->end[e] = (edges[e].column + 1U) * places->turn;
    }
}

static inline __attribute__((always_inline)) void next_check(struct places *places, size_t degree) {
    for (size_t e = 0; e < degree; e++) {
        const uint32_t at = places->at[e] + LANES;
        places->at[e] = at == places->end[e] ? at - places->turn : at;
    }
}

/* The smallest magnitude overstates what a check knows, so messages are scaled: by seven eighths for checks of three
 * bits, by three quarters for others, rounded down (rounded up costs 0.3 dB). The bound keeps beliefs from saturating,
 * for a saturated sum could not be undone by subtracting the message again. */
static inline reg normalised(reg least, size_t degree) {
    return lesser(least - (degree == 3 ? (least + 4) >> 3 : (least + 3) >> 2), all(MESSAGE_MAX));
}

/* Update one check: the message to each of its bits follows from the beliefs in the others. `messages` holds those of
 * the last iteration, which are taken off first. */
static inline __attribute__((always_inline)) void update_check(int8_t *beliefs, int8_t *messages, const uint32_t *at,
                                                               size_t degree) {
    reg others[LDPC_DEGREE_MAX], least = all(0xFF), second = least, signs = all(0);
#pragma GCC unroll 32
    for (size_t e = 0; e < degree; e++) {
        others[e] = less_saturated(load(beliefs + at[e]), load(messages + e * LANES));
        const reg size = magnitude(others[e]);
        second = lesser(second, greater(least, size));
        least = lesser(least, size);
        signs ^= others[e];
    }
    const reg small = normalised(least, degree), large = normalised(second, degree);
#pragma GCC unroll 32
    for (size_t e = 0; e < degree; e++) {
        const reg size = where_equal(magnitude(others[e]), least, large, small);
        const reg message = with_sign(size, signs ^ others[e]);
        store(messages + e * LANES, message);
        store(beliefs + at[e], plus_saturated(others[e], message));
    }
}

static inline __attribute__((always_inline)) void update_row(struct work *work, struct places *places, int8_t *messages,
                                                             size_t degree) {
    for (size_t i = work->task->code->size; i; i--, messages += degree * LANES) {
        update_check(work->beliefs, messages, places->at, degree);
        next_check(places, degree);
    }
}

/* One iteration over all checks, unrolled for each degree that the codes have. */
static void update(struct work *work) {
    const struct ldpc_code *code = work->task->code;
    const struct ldpc_edge *edges = code->edges;
    int8_t *messages = work->messages;
    for (size_t row = 0; row < code->rows; row++) {
        struct places places;
        const size_t degree = code->degrees[row];
        begin_row(code, edges, degree, &places);
        switch (degree) {
        case 3: update_row(work, &places, messages, 3); break;
        case 6: update_row(work, &places, messages, 6); break;
        case 8: update_row(work, &places, messages, 8); break;
        case 10: update_row(work, &places, messages, 10); break;
        case 18: update_row(work, &places, messages, 18); break;
        case 32: update_row(work, &places, messages, 32); break;
        default: break; /* no code has another */
        }
        edges += degree, messages += degree * code->size * LANES;
    }
}

/* The lanes where a check of a row fails, by the sign bits of the result. Ends early once all busy lanes are known
 * to. */
static reg failing_in_row(const struct work *work, const struct ldpc_edge *edges, size_t degree, reg failing) {
    struct places places;
    begin_row(work->task->code, edges, degree, &places);
    for (size_t i = work->task->code->size; i && !all_negative(failing | ~work->busy); i--) {
        reg signs = all(0);
        for (size_t e = 0; e < degree; e++) signs ^= load(work->beliefs + places.at[e]);
        failing |= signs;
        next_check(&places, degree);
    }
    return failing;
}

/* The lanes that are not done, by the sign bits of the result: a check fails, or the belief in a bit is 0. */
static reg failing_lanes(const struct work *work) {
    const struct ldpc_code *code = work->task->code;
    const struct ldpc_edge *edges = code->edges;
    reg failing = all(0);
    for (size_t row = 0; row < code->rows; row++) {
        failing = failing_in_row(work, edges, code->degrees[row], failing);
        edges += code->degrees[row];
    }
    for (size_t bit = 0; bit < ldpc_bits(code) && !all_negative(failing | ~work->busy); bit++)
        failing |= (reg)(load(work->beliefs + bit * LANES) == 0);
    return failing;
}

static void pack_decisions(const struct work *work) {
    const struct ldpc_code *code = work->task->code;
    const int8_t *beliefs = work->beliefs + (size_t)code->shortened * LANES;
    for (size_t octet = 0; octet < code->data_bits / 8U; octet++) {
        reg decided = all(0);
        for (size_t bit = 0; bit < 8; bit++, beliefs += LANES)
            decided += decided - (reg)((signed_reg)load(beliefs) < 0);
        store(work->decisions + octet * LANES, decided);
    }
}

static void finish_lane(struct work *work, size_t lane, int converged) {
    const struct ldpc_task *task = work->task;
    uint8_t *data = task->data + work->frame[lane] * task->data_stride;
    for (size_t octet = 0; octet < task->code->data_bits / 8U; octet++)
        data[octet] = work->decisions[octet * LANES + lane];
    task->iterations[work->frame[lane]] = converged ? (int8_t)work->spent[lane] : SR_LDPC_NOT_CONVERGED;
    work->busy[lane] = 0, work->busy_count--;
}

/* Write the results of the frames that are done or have used all their iterations, and free their lanes. */
static void finish(struct work *work) {
    const signed_reg failing = (signed_reg)failing_lanes(work);
    size_t done[LANES], count = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        if (work->busy[lane] && (failing[lane] >= 0 || work->spent[lane] == work->task->iterations_max))
            done[count++] = lane;
    if (count) pack_decisions(work);
    for (size_t i = 0; i < count; i++) finish_lane(work, done[i], failing[done[i]] >= 0);
    for (size_t lane = 0; lane < LANES; lane++) work->spent[lane]++;
}

/* For each i without the bit `distance`, exchange the parts of row i `distance` octets above those that `low` masks
 * with the masked parts of row i + distance. */
static inline __attribute__((always_inline)) void exchange(uint64_t rows[EIGHT], unsigned distance, uint64_t low) {
    const unsigned shift = 8 * distance;
#pragma GCC unroll 8
    for (unsigned i = 0; i < EIGHT; i++) {
        if (i & distance) continue;
        const uint64_t change = (rows[i] >> shift ^ rows[i + distance]) & low;
        rows[i] ^= change << shift, rows[i + distance] ^= change;
    }
}

/* Octet i of row j becomes octet j of row i. */
static inline void transpose(uint64_t rows[EIGHT]) {
    exchange(rows, 4, 0x00000000FFFFFFFF);
    exchange(rows, 2, 0x0000FFFF0000FFFF);
    exchange(rows, 1, 0x00FF00FF00FF00FF);
}

/* Soft symbols as beliefs of up to 40, symmetric for 0 and 1: below MESSAGE_MAX, so that other bits can overrule a
 * symbol. */
static inline reg beliefs_of(reg soft) {
    typedef int16_t wide __attribute__((vector_size(2 * LANES)));
    const wide symbols = __builtin_convertvector(soft, wide);
    return __builtin_convertvector((5 * (255 - 2 * symbols) + 16) >> 5, reg);
}

/* Read up to a cache line of symbols of eight lanes, and transpose them, so that each row has one symbol of all
 * lanes. */
static inline void turn_tile(const struct work *work, size_t lane, size_t symbol, size_t count,
                             uint8_t (*rows)[LANES]) {
    const struct ldpc_task *task = work->task;
    for (size_t at = 0; at < count; at += EIGHT) {
        uint64_t octets[EIGHT] = {0};
        for (size_t i = 0; i < EIGHT; i++) {
            const uint8_t *from = task->soft + work->frame[lane + i] * task->soft_stride + symbol + at;
            if (count - at >= EIGHT) memcpy(&octets[i], from, EIGHT); /* a constant size: no call */
            else memcpy(&octets[i], from, count - at);
        }
        transpose(octets);
        for (size_t i = 0; i < EIGHT; i++) memcpy(rows[at + i] + lane, &octets[i], EIGHT);
    }
}

/* Load the symbols of the frames in all lanes but those in `keep`. */
static void load_symbols(struct work *work, reg keep) {
    const struct ldpc_code *code = work->task->code;
    const size_t room = ldpc_bits(code) - code->shortened, symbols = code->sent_bits < room ? code->sent_bits : room;
    int8_t *beliefs = work->beliefs + (size_t)code->shortened * LANES;
    for (size_t symbol = 0; symbol < symbols; symbol += TILE) {
        const size_t count = symbols - symbol < TILE ? symbols - symbol : TILE;
        uint8_t rows[TILE][LANES];
        for (size_t lane = 0; lane < LANES; lane += EIGHT) turn_tile(work, lane, symbol, count, rows);
        for (size_t i = 0; i < count; i++, beliefs += LANES)
            store(beliefs, (load(beliefs) & keep) | (beliefs_of(load(rows[i])) & ~keep));
    }
}

static void set_rows(int8_t *rows, size_t count, reg keep, reg value) {
    for (; count; count--, rows += LANES) store(rows, (load(rows) & keep) | (value & ~keep));
}

static void start_lanes(struct work *work, reg keep) {
    const struct ldpc_code *code = work->task->code;
    const size_t known = (size_t)code->shortened + code->sent_bits, bits = ldpc_bits(code);
    set_rows(work->messages, (size_t)code->edge_count * code->size, keep, all(0));
    set_rows(work->beliefs, code->shortened, keep, all(KNOWN));
    if (known < bits) set_rows(work->beliefs + known * LANES, bits - known, keep, all(0));
    load_symbols(work, keep);
}

/* Give free lanes the next frames. That costs a pass over all messages, so it waits until a good number of lanes is
 * free. */
static void refill(struct work *work) {
    reg keep = work->busy;
    if (work->next == work->task->count || (work->busy_count && LANES - work->busy_count < REFILL)) return;
    for (size_t lane = 0; lane < LANES; lane++) {
        if (work->busy[lane]) continue;
        work->frame[lane] = 0; /* where no frame is left, any will do: it is read, and its result is not used */
        if (work->next == work->task->count) continue;
        work->frame[lane] = work->next++, work->spent[lane] = 0;
        work->busy[lane] = 0xFF, work->busy_count++;
    }
    start_lanes(work, keep);
}

static void decode(const struct ldpc_task *task) {
    const struct ldpc_code *code = task->code;
    const size_t beliefs = ldpc_bits(code) * LANES, messages = (size_t)code->edge_count * code->size * LANES;
    struct work work = {.task = task,
                        .beliefs = task->scratch,
                        .messages = task->scratch + beliefs,
                        .decisions = (uint8_t *)task->scratch + beliefs + messages};
    for (refill(&work); work.busy_count; refill(&work)) {
        finish(&work);
        if (work.busy_count) update(&work);
    }
}
