/* Sixty-four samples at a time in registers of LANES octets; a set of samples is a mask of 64 bits. The file that includes
 * this has defined LANES, reg, and
 *     up_to(codes, level)   uint32_t, bit i: whether codes[i] <= level */
enum { GROUP = 64 };

struct visit {
    uint64_t set;
    uint16_t node;
};

static inline uint64_t left_of(const uint8_t *column, uint8_t level) {
    uint64_t left = 0;
    for (int i = 0; i < GROUP; i += LANES) {
        reg codes;
        memcpy(&codes, column + i, sizeof codes);
        left |= (uint64_t)up_to(codes, level) << i;
    }
    return left;
}

static void add_group(const struct trees_node *root, const double *leaves, const uint8_t *codes, double *sums) {
    struct visit stack[SR_TREES_DEPTH_MAX + 1], now = {.set = ~0ULL, .node = 0};
    size_t depth = 0;
    for (;;) {
        const struct trees_node *node = root + now.node;
        if (node->feature == TREES_LEAF) {
            for (; now.set; now.set &= now.set - 1) sums[__builtin_ctzll(now.set)] += leaves[node->next];
            if (!depth) return;
            now = stack[--depth];
            continue;
        }
        uint64_t left = now.set & left_of(codes + (size_t)node->feature * TREES_BLOCK, node->level);
        uint64_t right = now.set & ~left;
        if (left && right) stack[depth++] = (struct visit){right, node->next};
        now = left ? (struct visit){left, (uint16_t)(now.node + 1)} : (struct visit){right, node->next};
    }
}

static void add(const struct trees_node *root, const double *leaves, const uint8_t *codes, double *sums) {
    for (int i = 0; i < TREES_BLOCK; i += GROUP) add_group(root, leaves, codes + i, sums + i);
}
