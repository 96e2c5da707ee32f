#include "image/regions.h"

enum { ROW_WORDS = (SR_IMAGE_SIDE_MAX + 63) / 64, RUN_ALIGNMENT = _Alignof(struct run) };

uint32_t find_changes(const uint64_t *bits, size_t words, uint32_t base, uint64_t *last, uint32_t *positions) {
    uint32_t found = 0;
    for (size_t i = 0; i < words; i++, base += 64) {
        uint64_t changes = bits[i] ^ (bits[i] << 1 | *last);
        *last = bits[i] >> 63;
        for (; changes; changes &= changes - 1) positions[found++] = base + (uint32_t)__builtin_ctzll(changes);
    }
    return found;
}

struct regions regions_in(void *scratch, size_t size) {
    size_t skip = -(uintptr_t)scratch % RUN_ALIGNMENT;
    size_t capacity = size < skip ? 0 : (size - skip) / sizeof(struct run);
    return (struct regions){(struct run *)((uint8_t *)scratch + skip), 0,
                            capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX};
}

/* One row as bits, 1 for water; with `land`, 1 for land. */
static void pack_row(const uint8_t *row, size_t cols, int land, uint64_t *bits) {
    image_ops()->pack(row, cols, bits);
    if (!land) return;
    for (size_t i = 0; i < (cols + 63) / 64; i++) bits[i] = ~bits[i];
    if (cols % 64) bits[cols / 64] &= (1ULL << cols % 64) - 1;
}

/* Add the row's runs, each a component of its own. */
static int add_row(struct regions *to, const uint64_t *bits, size_t row, size_t rows, size_t cols) {
    uint32_t changes[SR_IMAGE_SIDE_MAX + 1];
    uint64_t last = 0;
    uint32_t found = find_changes(bits, (cols + 63) / 64, 0, &last, changes);
    if (found % 2) changes[found++] = (uint32_t)cols;
    if (found / 2 > to->capacity - to->count) return SR_TOO_SMALL;
    for (uint32_t i = 0; i < found; i += 2, to->count++) {
        uint32_t start = changes[i], end = changes[i + 1];
        to->runs[to->count] = (struct run){.root = to->count,
                                           .area = end - start,
                                           .row = (uint16_t)row,
                                           .start = (uint16_t)start,
                                           .end = (uint16_t)end,
                                           .at_edge = row == 0 || row == rows - 1 || start == 0 || end == cols};
    }
    return SR_OK;
}

static uint32_t find_root(struct run *runs, uint32_t i) {
    while (runs[i].root != i) i = runs[i].root = runs[runs[i].root].root;
    return i;
}

static void unite(struct run *runs, uint32_t a, uint32_t b) {
    a = find_root(runs, a), b = find_root(runs, b);
    if (a < b) runs[b].root = a;
    else runs[a].root = b;
}

/* Unite runs that touch: runs `above` to `here` - 1 are of one row, runs `here` to `end` - 1 of the next. */
static void join_rows(struct run *runs, uint32_t above, uint32_t here, uint32_t end) {
    for (uint32_t a = above, b = here; a < here && b < end;) {
        if (runs[a].start < runs[b].end && runs[b].start < runs[a].end) unite(runs, a, b);
        if (runs[a].end < runs[b].end) a++;
        else b++;
    }
}

/* Point every run at its root and add up areas and edges there. A root comes before its runs, so one pass is enough. */
static void settle(struct regions *found) {
    for (uint32_t i = 0; i < found->count; i++) {
        struct run *run = &found->runs[i], *root;
        run->root = found->runs[run->root].root;
        if (run->root == i) continue;
        root = &found->runs[run->root];
        root->area += run->area, root->at_edge |= run->at_edge;
    }
}

int regions_find(struct regions *found, const uint8_t *mask, size_t rows, size_t cols, int land) {
    uint64_t bits[ROW_WORDS];
    uint32_t above = 0;
    found->count = 0;
    for (size_t row = 0; row < rows; row++) {
        uint32_t here = found->count;
        pack_row(mask + row * cols, cols, land, bits);
        if (add_row(found, bits, row, rows, cols) != SR_OK) return SR_TOO_SMALL;
        join_rows(found->runs, above, here, found->count);
        above = here;
    }
    settle(found);
    return SR_OK;
}
