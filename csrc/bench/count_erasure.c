#include "count.h"
#include "skyrack/erasure.h"

enum { DATA = 10, PARITY = 4, SIZE = 4096 };
static uint8_t shards[(DATA + PARITY) * SIZE];

int main(void) {
    static const uint8_t PRESENT[DATA + PARITY] = {0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1};
    fill(shards, sizeof shards);
    COUNT("encode 10 + 4 shards of 4 KiB", sr_erasure_encode(shards, SIZE, SIZE, DATA, PARITY));
    COUNT("repair four of them", sr_erasure_repair(shards, SIZE, SIZE, DATA, PARITY, PRESENT));
    return 0;
}
