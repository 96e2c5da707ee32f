/* Arbitrary octets as a forest, their check sequence put right: what loads can be scored with any codes. */
#include "skyrack/crc.h"
#include "skyrack/trees.h"
#include <stdlib.h>
#include <string.h>

enum { COUNT = 70 };

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < 8) return 0;
    uint8_t *forest = malloc(size);
    memcpy(forest, input, size), memcpy(forest, "SRT2", 4);
    uint32_t crc = sr_crc32c(forest, size - 4, SR_CRC32C_START);
    memcpy(forest + size - 4, &crc, 4);
    size_t room = sr_trees_loaded_size(forest, size);
    if (room && room < 1 << 20) {
        void *loaded = malloc(room);
        if (sr_trees_load(forest, size, loaded, room) == SR_OK) {
            size_t features = forest[4] | (size_t)forest[5] << 8, scratch_size = sr_trees_scratch(loaded);
            uint8_t *codes = malloc(features * COUNT);
            double sums[COUNT], *scratch = malloc(scratch_size);
            for (size_t i = 0; i < features * COUNT; i++) codes[i] = input[i % size];
            if (sr_trees_score(loaded, room, codes, features, COUNT, COUNT, sums, scratch, scratch_size) != SR_OK) abort();
            free(codes), free(scratch);
        }
        free(loaded);
    }
    free(forest);
    return 0;
}
