#include "system/linux/cpu_info.h"

#include "system/linux/system_file.h"
#include "system/system.h"

#include <cstdlib>

namespace fn {

namespace {

/** The value of the first line "key : value" of /proc/cpuinfo; "" if there is none. */
std::string value_of(const std::vector<std::string>& lines, const std::string& key) {
    for (const std::string& line : lines) {
        const size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        const size_t key_end = line.find_last_not_of(" \t", colon - 1);
        const size_t value = line.find_first_not_of(" \t", colon + 1);
        if (value != std::string::npos && line.substr(0, key_end + 1) == key) return line.substr(value);
    }
    return "";
}

/** "32K" or "16M" of sysfs in bytes; 0 if it is neither. */
int64_t parse_size(const std::string& size) {
    char* unit;
    const int64_t number = std::strtol(size.c_str(), &unit, 10);
    if (number <= 0) return 0;
    return *unit == 'K' ? number << 10 : *unit == 'M' ? number << 20 : 0;
}

}  // namespace

std::string read_cpu_model(const std::string& root) {
    const std::vector<std::string> lines = read_lines(root + "/proc/cpuinfo");
    const std::string name = value_of(lines, "model name");
    if (!name.empty()) return name;
    const std::string implementer = value_of(lines, "CPU implementer"), part = value_of(lines, "CPU part");
    return implementer.empty() ? "unknown CPU" : "CPU implementer " + implementer + " part " + part;
}

int64_t cache_bytes(const std::string& root, int level) {
    const std::string caches = root + "/sys/devices/system/cpu/cpu0/cache/index";
    for (int index = 0;; index++) {
        const std::string directory = caches + std::to_string(index);
        const std::string type = read_line(directory + "/type");
        if (type.empty()) return 0;
        if (type != "Instruction" && read_line(directory + "/level") == std::to_string(level)) {
            return parse_size(read_line(directory + "/size"));
        }
    }
}

std::vector<int> spread_over_cores(const std::string& root, const std::vector<int>& cpus) {
    std::map<std::string, int> used;
    std::map<int, int> rank;  // of a CPU among those of its core
    for (int cpu : cpus) {
        const std::string core =
            read_line(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        rank[cpu] = core.empty() ? 0 : used[core]++;
    }
    return system::by_rank(cpus, rank);
}

}  // namespace fn
