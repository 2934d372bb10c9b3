#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fn {

/** The model name that /proc/cpuinfo gives, on aarch64 its implementer and part codes; "unknown CPU" if it says nothing. */
std::string read_cpu_model(const std::string& root);

/** Bytes of CPU 0's data or unified cache of a level according to sysfs; 0 if it does not say. */
int64_t cache_bytes(const std::string& root, int level);

/**
 * The CPUs in the order to use them in: the first of every core, then the second of every core that has one, and so on. What
 * shares a core is read from sysfs below `root`; a CPU that it says nothing of has a core to itself.
 */
std::vector<int> spread_over_cores(const std::string& root, const std::vector<int>& cpus);

}  // namespace fn
