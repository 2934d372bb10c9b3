#pragma once
// Runs a CUDA kernel's source on the CPU: a block's threads take turns on one, blocks run one after the other. What the device does
// in hardware (16-bit conversion, matrix fragments, asynchronous loads) is done by loops here.
#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#define __device__
#define __global__ inline
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define FASTERNET_KERNELS_ON_CPU

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

struct Index { unsigned x, y, z; };
struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };

inline Index threadIdx, blockIdx, blockDim, gridDim;

/** A block's threads, which take turns: each runs until it waits. */
class Fibers {
public:
    /** Runs `work` on each of `count` threads until all are through. */
    void run(unsigned count, std::function<void()> work) {
        work_ = std::move(work);
        while (fibers_.size() < count) fibers_.push_back(std::make_unique<Fiber>());
        done_.assign(count, false);
        left_ = count;
        if (_setjmp(caller_) == 0) enter(0);
        finish_switch();
    }

    /** To the next thread that is not through. */
    void yield() {
        if (next() == current_) return;
        if (_setjmp(fibers_[current_]->at) == 0) enter(next());
        finish_switch();
        threadIdx = {current_, 0, 0};
    }

private:
    static constexpr std::size_t STACK = 128 << 10;

    struct Fiber {
        std::unique_ptr<char[]> stack{new char[STACK]};
        bool started = false;
        ucontext_t start;
        jmp_buf at;  // far quicker than contexts, which have the system change the signal mask
    };

    static void begin();

    /** Each block has the same threads do its work. */
    [[noreturn]] void live() {
        for (;;) {
            finish_switch();
            threadIdx = {current_, 0, 0};
            work_();
            done_[current_] = true;
            left_--;
            if (_setjmp(fibers_[current_]->at) == 0) {
                if (left_) enter(next());
                start_switch(caller_stack_, caller_bytes_);
                _longjmp(caller_, 1);
            }
        }
    }

    unsigned next() const {
        unsigned to = current_;
        do to = (to + 1) % done_.size();
        while (done_[to]);
        return to;
    }

    [[noreturn]] void enter(unsigned to) {
        Fiber& fiber = *fibers_[to];
        current_ = to;
        start_switch(fiber.stack.get(), STACK);
        if (fiber.started) _longjmp(fiber.at, 1);
        fiber.started = true;
        getcontext(&fiber.start);
        fiber.start.uc_stack.ss_sp = fiber.stack.get();
        fiber.start.uc_stack.ss_size = STACK;
        makecontext(&fiber.start, &Fibers::begin, 0);
        setcontext(&fiber.start);
        std::abort();
    }

    // AddressSanitizer has to know whose stack it is.
    void start_switch([[maybe_unused]] const void* stack, [[maybe_unused]] std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
        __sanitizer_start_switch_fiber(nullptr, stack, bytes);
#endif
    }
    void finish_switch() {
#ifdef __SANITIZE_ADDRESS__
        const void* stack = nullptr;
        std::size_t bytes = 0;
        __sanitizer_finish_switch_fiber(nullptr, &stack, &bytes);
        if (!caller_stack_) caller_stack_ = stack, caller_bytes_ = bytes;
#endif
    }

    std::function<void()> work_;
    std::vector<std::unique_ptr<Fiber>> fibers_;
    std::vector<bool> done_;
    unsigned left_ = 0, current_ = 0;
    jmp_buf caller_;
    const void* caller_stack_ = nullptr;
    std::size_t caller_bytes_ = 0;
};

inline Fibers fibers;
inline void Fibers::begin() { fibers.live(); }

class Barrier {
public:
    explicit Barrier(unsigned count) : count_(count) {}
    void wait() {
        const unsigned round = round_;
        if (++arrived_ == count_) {
            arrived_ = 0;
            round_++;
            return;
        }
        while (round_ == round) fibers.yield();
    }

private:
    unsigned count_, arrived_ = 0, round_ = 0;
};

struct Warp {
    Barrier barrier{32};
    unsigned a[32][4];
    uint2 b[32];
    float exchanged[32];
};

inline std::unique_ptr<Barrier> block_barrier;
inline std::vector<std::unique_ptr<Warp>> warps;
inline std::vector<unsigned char> shared_memory;

inline void __syncthreads() { block_barrier->wait(); }
inline float __shfl_xor_sync(unsigned, float value, unsigned mask) {
    Warp& warp = *warps[threadIdx.x / 32];
    const unsigned lane = threadIdx.x % 32;
    warp.exchanged[lane] = value;
    warp.barrier.wait();
    const float others = warp.exchanged[lane ^ mask];
    warp.barrier.wait();
    return others;
}
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float x, float y) { return x / y; }
inline unsigned char* dynamic_shared_memory() { return shared_memory.data(); }
inline float __uint_as_float(unsigned u) { float f; std::memcpy(&f, &u, 4); return f; }
inline unsigned __float_as_uint(float f) { unsigned u; std::memcpy(&u, &f, 4); return u; }

/** A kernel's memory. */
struct Bytes {
    unsigned char* at;
    std::size_t count;
};

template <class T> Bytes bytes(std::vector<T>& memory) {
    return {reinterpret_cast<unsigned char*>(memory.data()), memory.size() * sizeof(T)};
}

/** What a block leaves in memory for others, who read it once the block has been counted. */
class Handed {
public:
    Bytes memory = {nullptr, 0};

    void begin(unsigned threads) {
        threads_ = threads;
        fences_ = 0;
        counted_.reset();
    }
    void fence() { fences_++; }
    void count() {
        if (fences_ < threads_) std::abort();
        counted_.emplace(memory.at, memory.at + memory.count);
    }
    /** Whether what others may have read since stands there still. */
    bool kept() const { return !counted_ || std::equal(counted_->begin(), counted_->end(), memory.at); }

private:
    unsigned threads_ = 0, fences_ = 0;
    std::optional<std::vector<unsigned char>> counted_;
};

inline Handed handed;
inline void __threadfence() { handed.fence(); }
inline unsigned atomicAdd(unsigned* at, unsigned value) {
    handed.count();
    return (*at += value) - value;
}

/** What a block may not touch until all of its threads wait for the kernel before: ones until then, NaN in every format. */
class KernelBefore {
public:
    explicit KernelBefore(const std::vector<Bytes>& memory) : memory_(memory) {}

    void begin(unsigned threads) {
        barrier_ = std::make_unique<Barrier>(threads);
        waiting_ = 0;
        threads_ = threads;
        held_.clear();
        for (const Bytes& bytes : memory_) {
            held_.emplace_back(bytes.at, bytes.at + bytes.count);
            std::memset(bytes.at, 255, bytes.count);
        }
    }

    void wait() {
        if (++waiting_ == threads_) {
            for (std::size_t i = 0; i < memory_.size(); i++) {
                for (std::size_t at = 0; at < memory_[i].count; at++)
                    if (memory_[i].at[at] != 255) std::abort();
                std::copy(held_[i].begin(), held_[i].end(), memory_[i].at);
            }
        }
        barrier_->wait();
    }

    /** Of a load that arrives later: it may read at once. */
    void read(const void* from) const {
        const auto at = static_cast<const unsigned char*>(from);
        for (const Bytes& bytes : memory_)
            if (!waited() && at >= bytes.at && at < bytes.at + bytes.count) std::abort();
    }

    /** Whether each of a block's threads has waited, once. */
    bool waited() const { return waiting_ == threads_; }

private:
    std::vector<Bytes> memory_;
    std::vector<std::vector<unsigned char>> held_;
    std::unique_ptr<Barrier> barrier_;
    unsigned waiting_ = 0, threads_ = 0;
};

/** Of the launch that runs; null: there is none that this one does not wait for anyway. */
inline KernelBefore* kernel_before = nullptr;
inline void wait_for_kernel_before() {
    if (kernel_before) kernel_before->wait();
}

/** 16 bytes on their way to shared memory; null: zeros. */
struct Load { unsigned char* to; const void* from; };

/** A thread's loads, in the order in which they were begun, and how many there were at each end of a stage. */
struct Loads {
    std::vector<Load> under_way;
    std::vector<std::size_t> ends;

    /** A kernel may not end before they have arrived. */
    void finish() {
        if (!under_way.empty()) std::abort();
        ends.clear();
    }

    /** They arrive as late as they may: who reads before waiting reads what was there. */
    void wait(std::size_t later) {
        if (ends.size() <= later) return;
        const std::size_t stages = ends.size() - later, arrived = ends[stages - 1];
        for (std::size_t i = 0; i < arrived; i++) {
            if (under_way[i].from) std::memcpy(under_way[i].to, under_way[i].from, 16);
            else std::memset(under_way[i].to, 0, 16);
        }
        under_way.erase(under_way.begin(), under_way.begin() + arrived);
        ends.erase(ends.begin(), ends.begin() + stages);
        for (std::size_t& end : ends) end -= arrived;
    }
};

inline std::vector<Loads> loads;

inline void load16(unsigned char* shared, const void* global, bool valid) {
    // The device would end the kernel.
    if ((reinterpret_cast<std::uintptr_t>(shared) | reinterpret_cast<std::uintptr_t>(global)) % 16) std::abort();
    if (valid && kernel_before) kernel_before->read(global);
    loads[threadIdx.x].under_way.push_back({shared, valid ? global : nullptr});
}
inline void end_stage() { loads[threadIdx.x].ends.push_back(loads[threadIdx.x].under_way.size()); }
template <int LATER> void wait_for_stage() { loads[threadIdx.x].wait(LATER); }

/** Whether the last block of a grid runs first. */
inline bool backwards = false;

/** Bytes after a block's shared memory, which it must leave as they are. */
constexpr size_t GUARD = 256;

/** Runs a kernel. Shared memory is filled with ones before each block. */
template <class Arguments>
void launch(void (*kernel)(Arguments), Index grid, unsigned threads, size_t shared, const Arguments& arguments) {
    gridDim = grid;
    blockDim = {threads, 1, 1};
    loads.resize(threads);
    const unsigned blocks = grid.x * grid.y * grid.z;
    for (unsigned i = 0; i < blocks; i++) {
        const unsigned block = backwards ? blocks - 1 - i : i;
        block_barrier = std::make_unique<Barrier>(threads);
        warps.clear();
        for (unsigned w = 0; w < threads / 32; w++) warps.push_back(std::make_unique<Warp>());
        shared_memory.assign(shared + GUARD, 255);
        blockIdx = {block % grid.x, block / grid.x % grid.y, block / grid.x / grid.y};
        handed.begin(threads);
        if (kernel_before) kernel_before->begin(threads);
        fibers.run(threads, [&] { kernel(arguments); });
        if (kernel_before && !kernel_before->waited()) std::abort();
        if (!handed.kept()) std::abort();
        for (Loads& of_thread : loads) of_thread.finish();
        for (size_t at = shared; at < shared_memory.size(); at++)
            if (shared_memory[at] != 255) std::abort();
    }
}

/** Runs a kernel as if it began before the one before it, which is at work on `memory`, has ended. */
template <class Arguments>
void launch_early(void (*kernel)(Arguments), Index grid, unsigned threads, size_t shared, const Arguments& arguments,
                  const std::vector<Bytes>& memory) {
    KernelBefore before(memory);
    kernel_before = &before;
    launch(kernel, grid, threads, shared, arguments);
    kernel_before = nullptr;
}
