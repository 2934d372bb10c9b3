#include "cpu_features.h"
#include "system/linux/cpu_count.h"
#include "system/linux/cpu_info.h"
#include "system/system.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <dlfcn.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <system_error>

namespace fn::system {

namespace {

constexpr size_t huge_page = size_t{2} << 20;

}  // namespace

fn_cpu_count count_cpus() { return fn::count_cpus("", static_cast<int>(affinity_cpus().size())); }

std::vector<int> affinity_cpus() {
    std::vector<int> allowed;
    // The kernel refuses a mask smaller than its own: grow until it fits.
    for (int cpus = 1024; cpus <= 1 << 20 && allowed.empty(); cpus *= 2) {
        std::vector<cpu_set_t> mask(cpus / CPU_SETSIZE);
        const size_t bytes = mask.size() * sizeof(cpu_set_t);
        if (sched_getaffinity(0, bytes, mask.data()) != 0) continue;
        for (int cpu = 0; cpu < cpus; cpu++) {
            if (CPU_ISSET_S(cpu, bytes, mask.data())) allowed.push_back(cpu);
        }
    }
    return allowed;
}

std::vector<int> spread_over_cores(const std::vector<int>& cpus) { return fn::spread_over_cores("", cpus); }

void run_this_thread_on(const std::vector<int>& cpus) {
    std::vector<cpu_set_t> mask(*std::max_element(cpus.begin(), cpus.end()) / CPU_SETSIZE + 1);
    const size_t bytes = mask.size() * sizeof(cpu_set_t);
    for (int cpu : cpus) CPU_SET_S(cpu, bytes, mask.data());
    if (sched_setaffinity(0, bytes, mask.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "pinning to CPU " + std::to_string(cpus[0]));
    }
}

std::string cpu_model() { return read_cpu_model(""); }

int64_t cache_bytes(int level) { return fn::cache_bytes("", level); }

uint64_t cpu_features() { return decode_aarch64(getauxval(AT_HWCAP), getauxval(AT_HWCAP2)); }

/** What fills a huge page begins at one: the kernel sees to that only where all of a mapping is huge pages. */
void* map_pages(size_t bytes) noexcept {
    const size_t surplus = bytes >= huge_page ? huge_page : 0;
    void* mapped = mmap(nullptr, bytes + surplus, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* begin = static_cast<char*>(mapped);
    if (surplus > 0) {
        const size_t before = -reinterpret_cast<uintptr_t>(begin) % huge_page;
        if (before > 0) munmap(begin, before);
        munmap(begin + before + bytes, surplus - before);
        begin += before;
    }
    // Weights of tens of megabytes are streamed once per inference: with 4 KiB pages the TLB misses on every second line of them.
    madvise(begin, bytes, MADV_HUGEPAGE);  // advice: where it is not followed, only speed is lost
    return begin;
}

void unmap_pages(void* pages, size_t bytes) noexcept { munmap(pages, bytes); }

void* onednn_function(const char* name) noexcept {
    // RTLD_NOLOAD: only a copy that is in the process already, matched by its SONAME. The handle has what it is linked to, too.
    void* library = dlopen(onednn_file(), RTLD_NOLOAD | RTLD_LAZY);
    return library ? dlsym(library, name) : nullptr;
}

const char* onednn_file() noexcept { return "libdnnl.so.3"; }

}  // namespace fn::system
