#include "system/system.h"

#include <cstdint>
#include <system_error>
#include <windows.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace fn::system {

namespace {

/** How many CPUs' time the job of this process may use, which is how containers limit it; 0 if there is no such limit. */
double job_quota(int hardware) {
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate{};
    constexpr DWORD hard_cap = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    constexpr double whole_machine = 10000;
    const bool limited = QueryInformationJobObject(nullptr, JobObjectCpuRateControlInformation, &rate, sizeof rate, nullptr) &&
                         (rate.ControlFlags & hard_cap) == hard_cap;
    return limited ? hardware * (rate.CpuRate / whole_machine) : 0;
}

std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> processors() {
    DWORD bytes = 0;
    GetLogicalProcessorInformation(nullptr, &bytes);
    std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> all(bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
    if (!GetLogicalProcessorInformation(all.data(), &bytes)) all.clear();
    return all;
}

}  // namespace

fn_cpu_count count_cpus() {
    const int hardware = static_cast<int>(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS));
    return usable_of(hardware, static_cast<int>(affinity_cpus().size()), job_quota(hardware));
}

std::vector<int> affinity_cpus() {
    // Of the thread's processor group, which has at most 64: a thread leaves it only by asking for another.
    GROUP_AFFINITY group{};
    std::vector<int> allowed;
    if (!GetThreadGroupAffinity(GetCurrentThread(), &group)) return allowed;
    for (int cpu = 0; cpu < 64; cpu++) {
        if (group.Mask >> cpu & 1) allowed.push_back(cpu);
    }
    return allowed;
}

std::vector<int> spread_over_cores(const std::vector<int>& cpus) {
    std::map<int, int> rank;  // of a CPU among those of its core
    for (const auto& core : processors()) {
        if (core.Relationship != RelationProcessorCore) continue;
        int used = 0;
        for (int cpu : cpus) {
            if (core.ProcessorMask >> cpu & 1) rank[cpu] = used++;
        }
    }
    return by_rank(cpus, rank);
}

void run_this_thread_on(const std::vector<int>& cpus) {
    DWORD_PTR mask = 0;
    for (int cpu : cpus) {
        if (cpu < 0 || cpu >= 64) {
            throw std::system_error(EINVAL, std::generic_category(), "pinning to CPU " + std::to_string(cpu));
        }
        mask |= DWORD_PTR{1} << cpu;
    }
    if (!SetThreadAffinityMask(GetCurrentThread(), mask)) {
        throw std::system_error(static_cast<int>(GetLastError()), std::system_category(), "pinning to CPU " + std::to_string(cpus[0]));
    }
}

std::unique_ptr<Counters> start_counters() {
    return std::make_unique<NoCounters>("nothing is counted here: Windows shows the CPUs' counters to drivers only");
}

std::string cpu_model() {
#if defined(__x86_64__)
    uint32_t text[13] = {};
    for (uint32_t part = 0; part < 3; part++) {
        uint32_t* at = text + 4 * part;
        if (!__get_cpuid(0x80000002 + part, at, at + 1, at + 2, at + 3)) return "unknown CPU";
    }
    const std::string padded(reinterpret_cast<const char*>(text));
    const size_t first = padded.find_first_not_of(' ');
    return first == std::string::npos ? "unknown CPU" : padded.substr(first, padded.find_last_not_of(' ') - first + 1);
#else
    return "unknown CPU";
#endif
}

int64_t cache_bytes(int level) {
    for (const auto& part : processors()) {
        if (part.Relationship == RelationCache && part.Cache.Level == level && part.Cache.Type != CacheInstruction) {
            return part.Cache.Size;
        }
    }
    return 0;
}

uint64_t cpu_features() { return 0; }

// No large pages: they need a privilege that no application has unless an administrator gives it.
void* map_pages(size_t bytes) noexcept { return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }

void unmap_pages(void* pages, size_t) noexcept { VirtualFree(pages, 0, MEM_RELEASE); }

void* onednn_function(const char* name) noexcept {
    // The presets' oneDNN is compiled with Microsoft's OpenMP.
    for (const char* file : {onednn_file(), "vcomp140.dll"}) {
        const HMODULE module = GetModuleHandleA(file);
        const FARPROC found = module ? GetProcAddress(module, name) : nullptr;
        if (found) return reinterpret_cast<void*>(found);
    }
    return nullptr;
}

const char* onednn_file() noexcept { return "dnnl.dll"; }

}  // namespace fn::system
