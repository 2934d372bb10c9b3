#pragma once
// A fake of CUDA and cuDNN, for machines without a GPU: the functions that the back end cudnn calls, computed by plain loops on the
// CPU. Work on a stream is done when somebody waits for it, and the memory of the device faults when anything else touches it, so
// that what a GPU would do wrong goes wrong here too. Tests steer it, and read what it counted, in a file that they share with it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fake {

/**
 * What the tests set and read: 64-bit fields of a file, which has the name in the environment variable FAKE_CUDA, a dot and the process's number.
 * Devices, capability, driver and cuDNN's version are at first those of FAKE_CUDA_DEVICES and its like.
 */
struct Control {
    std::int64_t calls;         // that can fail, so far
    std::int64_t fail_at;       // which of them fails, counted from 1; 0: none
    std::int64_t fail_status;   // with which of CUDA's errors; cuDNN and NVRTC have their own for the same
    std::int64_t sticky;        // an error that every call returns from now on, as CUDA does once a kernel has failed
    std::int64_t device_bytes;  // allocated and not freed, like the two that follow
    std::int64_t pinned_bytes;
    std::int64_t objects;
    std::int64_t device_limit;  // bytes that the device has
    std::int64_t devices;
    std::int64_t capability;
    std::int64_t driver;
    std::int64_t graphs;        // instantiated so far, like what follows
    std::int64_t launches;      // of graphs
    std::int64_t kernels;       // put on a stream, in a graph or not
    std::int64_t compilations;  // by NVRTC
    std::int64_t plans;         // built by an engine, not read back
    std::int64_t slow_engine;   // one of cuDNN's, whose plans take a fifth of a millisecond longer
    std::int64_t cudnn;         // version
    std::int64_t early;         // kernels put on a stream to begin before the one before has ended
    char failed[64];            // the function that failed
};

Control& control();

/** What a thread block can have. */
constexpr unsigned SHARED_OF_BLOCK = 99 << 10;

constexpr int OUT_OF_MEMORY = 2;
constexpr int INVALID_VALUE = 1;

/** At the beginning of every function that can fail: CUDA's error if it shall, or 0. */
int enter(const char* function);

/** The error that is there for good, or 0. */
int sticky();

/** An object of the library's, such as a stream: counts it. */
void created();
void destroyed();

/** Null if the device has not that much left. `device`: else pinned memory of the host. */
void* allocate(std::size_t bytes, bool device);
/** Whether there was such an allocation. */
bool release(void* memory, bool device);
std::int64_t free_bytes();
/** Whether all of it is one allocation's, of the device or pinned. */
bool reachable(const void* memory, std::size_t bytes);
bool pinned(const void* memory, std::size_t bytes);

/** Runs what the device does: only there its memory can be touched. */
void on_device(const std::function<void()>& work);

struct Graph {
    std::vector<std::function<void()>> nodes;
    bool ends_in_kernel = false;
};

struct Stream {
    std::vector<std::function<void()>> queue;
    Graph* recording = nullptr;
};

/** Work for when the stream comes to it, or for a graph. */
void put(Stream& stream, std::function<void()> work);
void put_kernel(Stream& stream, std::function<void()> work);
void synchronize(Stream& stream);

}  // namespace fake
