#include "count.h"
#include "skyrack/randomise.h"

enum { FRAMES = 20, LENGTH = 1115 };
static uint8_t frames[FRAMES * LENGTH];

int main(void) {
    COUNT("a frame", sr_randomise(frames, LENGTH, LENGTH, 1, SR_RANDOMISE_TC));
    COUNT("20 frames", sr_randomise(frames, LENGTH, LENGTH, FRAMES, SR_RANDOMISE_TM255));
    COUNT("22 KiB", sr_randomise(frames, 0, sizeof frames, 1, SR_RANDOMISE_TM131071));
    return 0;
}
