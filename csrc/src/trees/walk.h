/* The walk of a block of samples through a tree, as sets of bits in registers. The file that includes this has included
 * trees/ops.h and defined
 *     reg                        a vector of bits
 *     any(bits)                  whether one is set
 *     up_to(codes, level)        uint64_t, bit i: whether codes[i] <= level
 *     filled(octets)             uint64_t, bit i: whether one is set in octets[i]
 *     add_eight(bits, leaf, sums)  add the leaf to those of eight sums whose bit is set
 * Adding 0.0 to the others is allowed: a sum is never -0.0, for it starts with 0.0. */
enum { REGS = (int)(sizeof(struct trees_row) / sizeof(reg)) };

static void compare(const uint8_t *codes, uint8_t level, struct trees_row *row) {
    for (int w = 0; w < TREES_WORDS; w++) row->words[w] = up_to(codes + 64 * w, level);
}

static inline void add_leaf(const struct trees_row *set, double leaf, double *sums) {
    for (int i = 0; i < TREES_BLOCK; i += 512) {
        const uint8_t *octets = (const uint8_t *)set + i / 8;
        for (uint64_t rest = filled(octets); rest; rest &= rest - 1) {
            int at = __builtin_ctzll(rest);
            add_eight(octets[at], leaf, sums + i + 8 * at);
        }
    }
}

/* Divide `set`: samples that are in the row stay, the others go to `right`. Bit 0 of the result: some stay; bit 1: some
 * go. */
static inline unsigned part(struct trees_row *set, const struct trees_row *row, struct trees_row *right) {
    reg stay = {0}, go = {0};
    for (int i = 0; i < REGS; i++) {
        reg here, up;
        memcpy(&here, (const uint8_t *)set + i * sizeof(reg), sizeof(reg));
        memcpy(&up, (const uint8_t *)row + i * sizeof(reg), sizeof(reg));
        reg left = here & up, rest = here & ~up;
        stay |= left, go |= rest;
        memcpy((uint8_t *)set + i * sizeof(reg), &left, sizeof(reg));
        memcpy((uint8_t *)right + i * sizeof(reg), &rest, sizeof(reg));
    }
    return any(stay) | any(go) << 1;
}

static int add(const struct trees_walk *walk) {
    _Alignas(64) struct trees_row set;
    uint32_t depth = 0, at = 0;
    memset(&set, 0xFF, sizeof set);
    for (;;) {
        struct trees_node node = walk->nodes[at];
        if (node.split >= walk->splits) {
            if (node.next >= walk->leaf_count) return SR_CORRUPT;
            add_leaf(&set, walk->leaves[node.next], walk->sums);
            if (!depth) return SR_OK;
            set = walk->stack[--depth].set, at = walk->stack[depth].node;
            continue;
        }
        if (node.next <= at || node.next >= walk->node_count || depth == SR_TREES_DEPTH_MAX) return SR_CORRUPT;
        struct trees_visit *right = walk->stack + depth;
        unsigned sides = part(&set, walk->rows + walk->row_of[node.split], &right->set);
        right->node = node.next;
        if (!(sides & 1)) set = right->set, at = right->node;
        else at++, depth += sides >> 1;
    }
}
