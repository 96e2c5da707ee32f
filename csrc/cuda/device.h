/* Memory on the device, for as long as one call lasts. */
#ifndef SKYRACK_CUDA_DEVICE_H
#define SKYRACK_CUDA_DEVICE_H
#include <cuda_runtime.h>
#include <stddef.h>
#define _Static_assert static_assert /* the headers of the C library are C11 */

/* How many CUDA devices there are; 0 without a driver. */
extern "C" int sr_cuda_probe(void);

class Device {
  public:
    explicit Device(size_t size) : good_(cudaMalloc(&at_, size ? size : 1) == cudaSuccess) {}
    ~Device() {
        if (good_) cudaFree(at_);
    }
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;

    bool good() const { return good_; }
    template <typename T> T *as() const { return static_cast<T *>(at_); }
    bool take(const void *from, size_t size, size_t offset = 0) const {
        return cudaMemcpy(static_cast<char *>(at_) + offset, from, size, cudaMemcpyHostToDevice) == cudaSuccess;
    }
    bool give(void *to, size_t size) const { return cudaMemcpy(to, at_, size, cudaMemcpyDeviceToHost) == cudaSuccess; }

  private:
    void *at_ = nullptr;
    bool good_;
};
#endif
