#include "count.h"
#include "skyrack/sync.h"

enum { SIZE = 65536, FRAME = 1115, ROOM = 100, MARKER = 0x1ACFFC1D };
static uint8_t stream[SIZE], frames[ROOM * FRAME];
static struct sr_sync_hit hits[ROOM];

int main(void) {
    size_t count, frame_count = 0;
    fill(stream, SIZE);
    for (size_t at = 3; at + FRAME + 4 <= SIZE; at += FRAME + 4, frame_count++)
        memcpy(stream + at, (const uint8_t[]){0x1A, 0xCF, 0xFC, 0x1D}, 4);
    COUNT("64 KiB, no errors", sr_sync_search(stream, SIZE, 0, MARKER, 32, 0, 1, hits, ROOM, &count));
    COUNT("64 KiB, three errors", sr_sync_search(stream, SIZE, 0, MARKER, 32, 3, 1, hits, ROOM, &count));
    for (size_t i = 0; i < count; i++) hits[i].bit--; /* so that frames have to be shifted by a bit */
    COUNT("frames behind markers", sr_sync_align(stream, SIZE, hits, frame_count, 32, frames, FRAME, FRAME));
    return 0;
}
