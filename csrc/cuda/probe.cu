#include "device.h"

extern "C" int sr_cuda_probe(void) {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}
