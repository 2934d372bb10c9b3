// libcudart.so.13, as far as the back end cudnn calls it. Signatures and numbers are those of CUDA 13's runtime API.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>

#include "fake.h"

using fake::Graph;
using fake::Stream;

namespace {

enum { HOST_TO_DEVICE = 1, DEVICE_TO_HOST = 2 };
enum { MULTIPROCESSORS = 16, L2_BYTES = 38, MAJOR = 75, MINOR = 76, SHARED_OF_MULTIPROCESSOR = 81, SHARED_OF_BLOCK = 97 };
constexpr unsigned RECORD_EXTERNAL = 1;
constexpr int CAPTURE_UNSUPPORTED = 900, INVALID_DEVICE = 101, NO_DEVICE = 100;

struct Event {
    std::optional<std::chrono::steady_clock::time_point> time;  // when the stream came to it
};

// Capture is per thread, as with cudaStreamCaptureModeThreadLocal.
thread_local int recordings = 0;

// The one of memory that is filled, which no other stream waits for. Each thread's own here, who can count on no more.
thread_local Stream default_stream;

bool valid_copy(const void* dst, const void* src, std::size_t bytes, int kind) {
    const void* device = kind == HOST_TO_DEVICE ? dst : src;
    return fake::reachable(device, bytes) && !fake::pinned(device, bytes) && (kind == HOST_TO_DEVICE || kind == DEVICE_TO_HOST);
}

}  // namespace

#define ENTER()                                         \
    if (const int status = fake::enter(__func__)) {     \
        return status;                                  \
    }

extern "C" {

const char* cudaGetErrorString(int status) {
    switch (status) {
        case 0: return "no error";
        case fake::INVALID_VALUE: return "invalid argument";
        case fake::OUT_OF_MEMORY: return "out of memory";
        case NO_DEVICE: return "no CUDA-capable device is detected";
        case INVALID_DEVICE: return "invalid device ordinal";
        case 719: return "unspecified launch failure";
        case CAPTURE_UNSUPPORTED: return "operation not permitted when stream is capturing";
        default: return "another error";
    }
}

int cudaPeekAtLastError() { return fake::sticky(); }

int cudaGetLastError() { return fake::sticky(); }

int cudaRuntimeGetVersion(int* version) {
    ENTER();
    *version = 13010;
    return 0;
}

int cudaDriverGetVersion(int* version) {
    *version = static_cast<int>(fake::control().driver);
    return 0;
}

int cudaGetDeviceCount(int* count) {
    ENTER();
    *count = static_cast<int>(fake::control().devices);
    return *count ? 0 : NO_DEVICE;
}

int cudaSetDevice(int device) {
    ENTER();
    return device >= 0 && device < fake::control().devices ? 0 : INVALID_DEVICE;
}

int cudaDeviceGetAttribute(int* value, int attribute, int device) {
    ENTER();
    if (device < 0 || device >= fake::control().devices) return INVALID_DEVICE;
    const int capability = static_cast<int>(fake::control().capability);
    switch (attribute) {
        case MULTIPROCESSORS: *value = 4; return 0;
        case L2_BYTES: *value = 8 << 10; return 0;
        case SHARED_OF_MULTIPROCESSOR: *value = fake::SHARED_OF_BLOCK + 1024; return 0;
        case SHARED_OF_BLOCK: *value = fake::SHARED_OF_BLOCK; return 0;
        case MAJOR: *value = capability / 10; return 0;
        case MINOR: *value = capability % 10; return 0;
        default: return fake::INVALID_VALUE;
    }
}

int cudaDeviceGetPCIBusId(char* place, int bytes, int device) {
    ENTER();
    std::snprintf(place, static_cast<std::size_t>(bytes), "0000:%02x:00.0", 0x17 + device);
    return 0;
}

int cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    ENTER();
    *free = static_cast<std::size_t>(fake::free_bytes());
    *total = static_cast<std::size_t>(fake::control().device_limit);
    return 0;
}

int cudaMalloc(void** memory, std::size_t bytes) {
    ENTER();
    if (recordings) return CAPTURE_UNSUPPORTED;
    *memory = fake::allocate(bytes, true);
    return *memory ? 0 : fake::OUT_OF_MEMORY;
}

int cudaFree(void* memory) {
    fake::synchronize(default_stream);
    return memory && !fake::release(memory, true) ? fake::INVALID_VALUE : fake::sticky();
}

int cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
    ENTER();
    if (recordings) return CAPTURE_UNSUPPORTED;
    *memory = fake::allocate(bytes, false);
    return *memory ? 0 : fake::OUT_OF_MEMORY;
}

int cudaFreeHost(void* memory) { return memory && !fake::release(memory, false) ? fake::INVALID_VALUE : fake::sticky(); }

// As cudaPointerAttributes begins.
struct PointerAttributes {
    int type, device;
};

int cudaPointerGetAttributes(PointerAttributes* attributes, const void* memory) {
    ENTER();
    attributes->type = fake::pinned(memory, 1) ? 1 : fake::reachable(memory, 1) ? 2 : 0;
    return 0;
}

int cudaMemset(void* memory, int value, std::size_t bytes) {
    ENTER();
    if (!fake::reachable(memory, bytes)) return fake::INVALID_VALUE;
    fake::put(default_stream, [=] { std::memset(memory, value, bytes); });
    return 0;
}

int cudaMemcpy(void* dst, const void* src, std::size_t bytes, int kind) {
    ENTER();
    if (!valid_copy(dst, src, bytes, kind)) return fake::INVALID_VALUE;
    fake::synchronize(default_stream);
    fake::on_device([&] { std::memcpy(dst, src, bytes); });
    return 0;
}

// Stricter than CUDA, which takes pageable memory too, slowly.
int cudaMemcpyAsync(void* dst, const void* src, std::size_t bytes, int kind, Stream* stream) {
    ENTER();
    if (!valid_copy(dst, src, bytes, kind) || !fake::pinned(kind == HOST_TO_DEVICE ? src : dst, bytes)) return fake::INVALID_VALUE;
    fake::put(*stream, [=] { std::memcpy(dst, src, bytes); });
    return 0;
}

int cudaStreamCreateWithFlags(Stream** stream, unsigned) {
    ENTER();
    *stream = new Stream;
    fake::created();
    return 0;
}

int cudaStreamDestroy(Stream* stream) {
    delete stream;
    fake::destroyed();
    return fake::sticky();
}

int cudaStreamSynchronize(Stream* stream) {
    ENTER();
    if (!stream) stream = &default_stream;
    if (stream->recording) return CAPTURE_UNSUPPORTED;
    fake::synchronize(*stream);
    return 0;
}

int cudaStreamBeginCapture(Stream* stream, int) {
    ENTER();
    stream->recording = new Graph;
    fake::created();
    recordings++;
    return 0;
}

// Also after an error: a stream must not stay in capture.
int cudaStreamEndCapture(Stream* stream, Graph** graph) {
    *graph = stream->recording;
    stream->recording = nullptr;
    recordings -= *graph ? 1 : 0;
    ENTER();
    return *graph ? 0 : fake::INVALID_VALUE;
}

int cudaGraphInstantiate(Graph** executable, Graph* graph, unsigned long long) {
    ENTER();
    *executable = new Graph(*graph);
    fake::created();
    fake::control().graphs++;
    return 0;
}

// As many nodes as there are, if it is asked for none of them.
int cudaGraphGetNodes(Graph* graph, void** nodes, std::size_t* count) {
    ENTER();
    if (nodes) return fake::INVALID_VALUE;
    *count = graph->nodes.size();
    return 0;
}

int cudaGraphDestroy(Graph* graph) {
    delete graph;
    fake::destroyed();
    return fake::sticky();
}

int cudaGraphExecDestroy(Graph* graph) { return cudaGraphDestroy(graph); }

int cudaEventCreate(Event** event) {
    ENTER();
    *event = new Event;
    fake::created();
    return 0;
}

int cudaEventDestroy(Event* event) {
    delete event;
    fake::destroyed();
    return fake::sticky();
}

// Without the flag for a node of its own, an event that is recorded in a capture has no time.
int cudaEventRecordWithFlags(Event* event, Stream* stream, unsigned flags) {
    ENTER();
    if (stream->recording && flags != RECORD_EXTERNAL) return fake::INVALID_VALUE;
    fake::put(*stream, [event] { event->time = std::chrono::steady_clock::now(); });
    return 0;
}

int cudaEventElapsedTime(float* milliseconds, const Event* begin, const Event* end) {
    ENTER();
    if (!begin->time || !end->time) return fake::INVALID_VALUE;
    *milliseconds = std::chrono::duration<float, std::milli>(*end->time - *begin->time).count();
    return 0;
}

int cudaGraphLaunch(Graph* graph, Stream* stream) {
    ENTER();
    fake::control().launches++;
    for (const auto& node : graph->nodes) fake::put(*stream, node);
    return 0;
}

}  // extern "C"
