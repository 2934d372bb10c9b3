#pragma once
// Runs a CUDA kernel's source on the CPU: each thread of a block is a thread, blocks run one after the other. What the device does
// in hardware (16-bit conversion, matrix fragments, asynchronous loads) is done by loops here.
#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#define __device__
#define __global__
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(threads)
#define FASTERNET_KERNELS_ON_CPU

inline int min(int a, int b) { return a < b ? a : b; }

struct Index { unsigned x, y, z; };
struct uint2 { unsigned x, y; };

inline thread_local Index threadIdx, blockIdx;
inline Index blockDim, gridDim;

class Barrier {
public:
    explicit Barrier(unsigned count) { pthread_barrier_init(&barrier_, nullptr, count); }
    ~Barrier() { pthread_barrier_destroy(&barrier_); }
    void wait() { pthread_barrier_wait(&barrier_); }

private:
    pthread_barrier_t barrier_;
};

struct Warp {
    Barrier barrier{32};
    unsigned a[32][4];
    uint2 b[32];
};

inline std::unique_ptr<Barrier> block_barrier;
inline std::vector<std::unique_ptr<Warp>> warps;
inline std::vector<unsigned char> shared_memory;

inline void __syncthreads() { block_barrier->wait(); }
inline unsigned char* dynamic_shared_memory() { return shared_memory.data(); }
inline float __uint_as_float(unsigned u) { float f; std::memcpy(&f, &u, 4); return f; }
inline unsigned __float_as_uint(float f) { unsigned u; std::memcpy(&u, &f, 4); return u; }

/** Runs a kernel. Shared memory is filled with ones, NaN in every format, before each block. */
template <class Arguments>
void launch(void (*kernel)(Arguments), Index grid, unsigned threads, size_t shared, const Arguments& arguments) {
    gridDim = grid;
    blockDim = {threads, 1, 1};
    for (unsigned z = 0; z < grid.z; z++)
        for (unsigned y = 0; y < grid.y; y++)
            for (unsigned x = 0; x < grid.x; x++) {
                block_barrier = std::make_unique<Barrier>(threads);
                warps.clear();
                for (unsigned w = 0; w < threads / 32; w++) warps.push_back(std::make_unique<Warp>());
                shared_memory.assign(shared + 16, 255);
                std::vector<std::thread> running;
                for (unsigned t = 0; t < threads; t++)
                    running.emplace_back([&, t] {
                        threadIdx = {t, 0, 0};
                        blockIdx = {x, y, z};
                        kernel(arguments);
                    });
                for (std::thread& thread : running) thread.join();
            }
}
