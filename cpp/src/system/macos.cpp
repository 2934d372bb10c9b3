// Compiled, and never run: there was no Mac to run it on.
#include "system/system.h"

#include <cstring>
#include <dlfcn.h>
#include <mach-o/dyld.h>
#include <numeric>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sysctl.h>
#include <system_error>

namespace fn::system {

namespace {

/** A number of the kernel's; 0 if it has none of that name. */
int64_t kernel_number(const std::string& name) {
    int64_t value = 0;
    size_t bytes = sizeof value;
    return sysctlbyname(name.c_str(), &value, &bytes, nullptr, 0) == 0 ? value : 0;
}

/** A library in this process by the last part of its path; nullptr if it is not loaded. */
void* loaded_library(const char* name) {
    for (uint32_t i = 0; i < _dyld_image_count(); i++) {
        const char* path = _dyld_get_image_name(i);
        const char* file = path ? std::strrchr(path, '/') : nullptr;
        if (file && std::strcmp(file + 1, name) == 0) return dlopen(path, RTLD_NOLOAD | RTLD_LAZY);
    }
    return nullptr;
}

}  // namespace

fn_cpu_count count_cpus() {
    const int all = static_cast<int>(kernel_number("hw.logicalcpu"));
    return usable_of(all, all, 0);
}

std::vector<int> affinity_cpus() {
    std::vector<int> all(static_cast<size_t>(kernel_number("hw.logicalcpu")));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::vector<int> spread_over_cores(const std::vector<int>& cpus) { return cpus; }

void run_this_thread_on(const std::vector<int>& cpus) {
    const int refused = pthread_set_qos_class_self_np(QOS_CLASS_USER_INTERACTIVE, 0);
    if (refused) {
        throw std::system_error(refused, std::generic_category(), "asking for a fast core as CPU " + std::to_string(cpus[0]));
    }
}

std::unique_ptr<Counters> start_counters() {
    return std::make_unique<NoCounters>("nothing is counted here: macOS shows the CPUs' counters to its own tools only");
}

std::string cpu_model() {
    char name[256] = {};
    size_t bytes = sizeof name - 1;
    return sysctlbyname("machdep.cpu.brand_string", name, &bytes, nullptr, 0) == 0 ? name : "unknown CPU";
}

int64_t cache_bytes(int level) {
    // Of the performance cores, where there are two kinds.
    const std::string cache = level == 1 ? "l1dcachesize" : "l" + std::to_string(level) + "cachesize";
    const int64_t fast = kernel_number("hw.perflevel0." + cache);
    return fast > 0 ? fast : kernel_number("hw." + cache);
}

uint64_t cpu_features() {
    uint64_t features = FN_CPU_NEON;
    if (kernel_number("hw.optional.arm.FEAT_DotProd")) features |= FN_CPU_DOTPROD;
    if (kernel_number("hw.optional.arm.FEAT_I8MM")) features |= FN_CPU_I8MM;
    if (kernel_number("hw.optional.arm.FEAT_BF16")) features |= FN_CPU_BF16;
    return features;
}

// No huge pages: on Apple silicon the system has none for a process to ask for, and its own are of 16 KiB.
void* map_pages(size_t bytes) noexcept {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    return mapped == MAP_FAILED ? nullptr : mapped;
}

void unmap_pages(void* pages, size_t bytes) noexcept { munmap(pages, bytes); }

void* onednn_function(const char* name) noexcept {
    void* library = loaded_library(onednn_file());
    return library ? dlsym(library, name) : nullptr;  // its own, and what it is linked to
}

const char* onednn_file() noexcept { return "libdnnl.3.dylib"; }

}  // namespace fn::system
