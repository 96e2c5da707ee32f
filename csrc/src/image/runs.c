/* The run-length form of a mask. */
#include "image/regions.h"
#include "image/varint.h"
#include <string.h>

enum { BLOCK_PX = 4096, COUNT_MAX = SR_IMAGE_SIDE_MAX * SR_IMAGE_SIDE_MAX };

static int is_count(size_t count) { return count - 1 < COUNT_MAX; }

/* A run takes no more octets than it has pixels, but for a first one without any. */
size_t sr_mask_runs_bound(size_t count) { return is_count(count) ? count + 1 : 0; }

int sr_mask_runs_encode(const uint8_t *mask, size_t count, uint8_t *out, size_t out_size, size_t *out_used) {
    if (!is_count(count)) return SR_BAD_ARGUMENT;
    struct writer to = {out, out_size, 0};
    uint64_t bits[BLOCK_PX / 64], last = 0;
    uint32_t changes[BLOCK_PX], run_start = 0;
    for (size_t at = 0; at < count; at += BLOCK_PX) {
        size_t width = count - at < BLOCK_PX ? count - at : BLOCK_PX;
        image_ops()->pack(mask + at, width, bits);
        uint32_t found = find_changes(bits, (width + 63) / 64, (uint32_t)at, &last, changes);
        for (uint32_t i = 0; i < found && changes[i] < count; run_start = changes[i++])
            put_varint(&to, changes[i] - run_start);
    }
    put_varint(&to, (uint32_t)count - run_start);
    *out_used = to.used;
    return to.used <= out_size ? SR_OK : SR_TOO_SMALL;
}

int sr_mask_runs_decode(const uint8_t *octets, size_t size, size_t count, uint8_t *mask) {
    if (!is_count(count)) return SR_BAD_ARGUMENT;
    struct reader from = {octets, size, 0};
    size_t at = 0;
    for (int water = 0; from.at < size; water ^= 1) {
        int is_first = from.at == 0;
        uint32_t run;
        if (!get_varint(&from, &run) || run > count - at || (run == 0 && !is_first)) return SR_CORRUPT;
        memset(mask + at, water, run);
        at += run;
    }
    return at == count ? SR_OK : SR_CORRUPT;
}
