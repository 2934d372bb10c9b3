#pragma once

#include <cstdint>
#include <string>

namespace fn {

/** The model name that /proc/cpuinfo gives, on aarch64 its implementer and part codes; "unknown CPU" if it says nothing. */
std::string read_cpu_model(const std::string& root);

/** read_cpu_model() of this machine; read once. */
const char* cpu_model();

/** Bytes of CPU 0's data or unified cache of a level according to sysfs; 0 if it does not say. */
int64_t cache_bytes(const std::string& root, int level);

}  // namespace fn
