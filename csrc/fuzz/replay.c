/* Stands in for libFuzzer's main: runs a target once on nothing and once on each file that is named. */
#include "fuzz.h"
#include <stdio.h>

enum { SIZE_MAX_OCTETS = 8192 }; /* as long as the inputs of `make fuzz` */

int main(int count, char **names) {
    static uint8_t octets[SIZE_MAX_OCTETS];
    LLVMFuzzerTestOneInput(octets, 0);
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(names[i], "rb");
        if (!file) return perror(names[i]), 1;
        const size_t size = fread(octets, 1, sizeof octets, file);
        fclose(file);
        LLVMFuzzerTestOneInput(octets, size);
    }
    return 0;
}
