#include "fake.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace fake {
namespace {

constexpr std::size_t PAGE = 4096, ALIGNMENT = 256;

std::int64_t setting(const char* variable, std::int64_t otherwise) {
    const char* value = std::getenv(variable);
    return value ? std::atoll(value) : otherwise;
}

Control defaults() {
    Control control = {};
    control.device_limit = std::int64_t{1} << 34;
    control.devices = setting("FAKE_CUDA_DEVICES", 1);
    control.capability = setting("FAKE_CUDA_CAPABILITY", 90);
    control.driver = setting("FAKE_CUDA_DRIVER", 13000);
    control.cudnn = setting("FAKE_CUDA_CUDNN", 91901);
    return control;
}

Control* map_control() {
    static Control own = defaults();
    const char* path = std::getenv("FAKE_CUDA");
    const std::string own_file = std::string(path ? path : "") + "." + std::to_string(getpid());
    const int file = path ? open(own_file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    if (file < 0) return &own;
    const bool written = write(file, &own, sizeof own) == static_cast<ssize_t>(sizeof own);
    void* mapped = written ? mmap(nullptr, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    return mapped == MAP_FAILED ? &own : static_cast<Control*>(mapped);
}

struct Allocation {
    void* base;
    std::size_t mapped, bytes;
    bool device;
};

std::recursive_mutex lock;
std::map<const char*, Allocation> allocations;

const Allocation* find(const void* memory, std::size_t bytes) {
    const char* at = static_cast<const char*>(memory);
    auto after = allocations.upper_bound(at);
    if (after == allocations.begin()) return nullptr;
    const auto& [start, allocation] = *std::prev(after);
    return at + bytes <= start + allocation.bytes ? &allocation : nullptr;
}

void protect(int protection) {
    for (const auto& [start, allocation] : allocations)
        if (allocation.device) mprotect(allocation.base, allocation.mapped, protection);
}

}  // namespace

Control& control() {
    static Control* mapped = map_control();
    return *mapped;
}

int enter(const char* function) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    Control& c = control();
    if (c.sticky) return static_cast<int>(c.sticky);
    if (++c.calls != c.fail_at) return 0;
    std::strncpy(c.failed, function, sizeof c.failed - 1);
    if (c.fail_status != OUT_OF_MEMORY) c.sticky = c.fail_status;
    return static_cast<int>(c.fail_status);
}

int sticky() { return static_cast<int>(control().sticky); }

void created() {
    std::lock_guard<std::recursive_mutex> guard(lock);
    control().objects++;
}

void destroyed() {
    std::lock_guard<std::recursive_mutex> guard(lock);
    control().objects--;
}

void* allocate(std::size_t bytes, bool device) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if (device && free_bytes() < static_cast<std::int64_t>(bytes)) return nullptr;
    // It ends at a page that nobody may touch, but for what alignment leaves.
    const std::size_t room = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, mapped = (room + PAGE - 1) / PAGE * PAGE;
    char* base = static_cast<char*>(mmap(nullptr, mapped + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base == MAP_FAILED) return nullptr;
    std::memset(base, 255, mapped);  // NaN in every format
    mprotect(base + mapped, PAGE, PROT_NONE);
    if (device) mprotect(base, mapped, PROT_NONE);
    char* start = base + mapped - room;
    allocations[start] = {base, mapped, bytes, device};
    (device ? control().device_bytes : control().pinned_bytes) += static_cast<std::int64_t>(bytes);
    return start;
}

bool release(void* memory, bool device) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    auto found = allocations.find(static_cast<char*>(memory));
    if (found == allocations.end() || found->second.device != device) return false;
    (device ? control().device_bytes : control().pinned_bytes) -= static_cast<std::int64_t>(found->second.bytes);
    munmap(found->second.base, found->second.mapped + PAGE);
    allocations.erase(found);
    return true;
}

std::int64_t free_bytes() { return control().device_limit - control().device_bytes; }

bool reachable(const void* memory, std::size_t bytes) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    return find(memory, bytes) != nullptr;
}

bool pinned(const void* memory, std::size_t bytes) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    const Allocation* found = find(memory, bytes);
    return found && !found->device;
}

void on_device(const std::function<void()>& work) {
    // Before what the work uses is destroyed: the process may end while others of its threads are here, and those wait from then on.
    [[maybe_unused]] static const int registered = std::atexit([] { lock.lock(); });
    std::lock_guard<std::recursive_mutex> guard(lock);
    protect(PROT_READ | PROT_WRITE);
    work();
    protect(PROT_NONE);
}

void put(Stream& stream, std::function<void()> work) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    (stream.recording ? stream.recording->nodes : stream.queue).push_back(std::move(work));
    if (stream.recording) stream.recording->ends_in_kernel = false;
}

void put_kernel(Stream& stream, std::function<void()> work) {
    put(stream, std::move(work));
    if (stream.recording) stream.recording->ends_in_kernel = true;
    control().kernels++;
}

void synchronize(Stream& stream) {
    on_device([&] {
        for (const auto& work : stream.queue) work();
    });
    stream.queue.clear();
}

}  // namespace fake
