#pragma once

#include "fasternet.h"
#include "fasternet_measure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

/** What each operating system does its own way: linux/, macos.cpp or windows.cpp, one of which is compiled. */
namespace fn::system {

// ---- CPUs ----

fn_cpu_count count_cpus();

/** Numbers of the CPUs that the calling thread may run on, ascending; none if the system does not say. */
std::vector<int> affinity_cpus();

/** The same CPUs, one of each core first, then the second ones. */
std::vector<int> spread_over_cores(const std::vector<int>& cpus);

/**
 * Has the calling thread run on these CPUs only. macOS has no such call: there the thread asks for the fastest cores, all of which
 * run it.
 *
 * @throws std::system_error if the system refuses
 */
void run_this_thread_on(const std::vector<int>& cpus);

inline void pin_this_thread(int cpu) { run_this_thread_on({cpu}); }

std::string cpu_model();

/** Bytes of the first CPU's data or unified cache of a level; 0 if the system does not say. */
int64_t cache_bytes(int level);

/** Mask of fn_cpu_feature where no instruction tells a program, which is on every architecture but x86. */
uint64_t cpu_features();

/** What count_cpus() says of these three; an affinity or quota of 0 is none. */
inline fn_cpu_count usable_of(int hardware, int affinity, double quota) {
    fn_cpu_count count{};
    count.hardware = std::max(hardware, affinity);
    count.affinity = affinity;
    count.quota = quota;
    const int allowed = affinity > 0 ? affinity : count.hardware;
    // Compared as double: a quota may exceed any int.
    count.usable = static_cast<int32_t>(quota > 0 ? std::min<double>(allowed, std::ceil(quota)) : allowed);
    count.usable = std::max(count.usable, 1);
    return count;
}

/** spread_over_cores() for who knows the rank of a CPU among those of its core; one that is not there has rank 0. */
inline std::vector<int> by_rank(std::vector<int> cpus, const std::map<int, int>& ranks) {
    const auto rank = [&](int cpu) {
        const auto found = ranks.find(cpu);
        return found == ranks.end() ? 0 : found->second;
    };
    std::stable_sort(cpus.begin(), cpus.end(), [&](int a, int b) { return rank(a) < rank(b); });
    return cpus;
}

// ---- What the CPUs count ----

/** A counter's value; or why it is not counted, in a sentence. */
struct Count {
    double value;
    std::string missing;
};

/** Counts events of the process's threads, those that are there and those that they start, until it is destroyed. */
class Counters {
public:
    virtual ~Counters() = default;

    /** Since it was made, one for each fn_counter. Counters that share the hardware are scaled up to the whole time. */
    virtual std::vector<Count> read() const = 0;
};

std::unique_ptr<Counters> start_counters();

/** What start_counters() returns where the system has no call for it. */
class NoCounters : public Counters {
public:
    explicit NoCounters(std::string reason) : reason_(std::move(reason)) {}
    std::vector<Count> read() const override { return std::vector<Count>(FN_COUNTERS, Count{0, reason_}); }

private:
    const std::string reason_;
};

// ---- Memory ----

/**
 * Zeroed pages of the system's own, on huge pages where they fill some and the system grants them; nullptr if it refuses.
 *
 * @param bytes a multiple of 64 KiB
 */
void* map_pages(size_t bytes) noexcept;

/** @param bytes as many as were mapped */
void unmap_pages(void* pages, size_t bytes) noexcept;

// ---- Libraries that the process has loaded ----

/**
 * A function of oneDNN, or of the OpenMP runtime that it computes on, if the process has loaded them; nullptr if not. Nothing is
 * loaded by asking.
 */
void* onednn_function(const char* name) noexcept;

/** The name of oneDNN's file, for messages. */
const char* onednn_file() noexcept;

}  // namespace fn::system
