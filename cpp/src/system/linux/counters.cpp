// Counters by perf_event_open(2).
#include "system/system.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace fn::system {

namespace {

struct Event {
    uint32_t type;
    uint64_t config;
    bool in_kernel;  // also what the kernel does for the threads
};

/** By fn_counter. */
constexpr Event events[FN_COUNTERS] = {
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true},
};

std::string why_not(int error) {
    switch (error) {
        case ENOENT:
        case EOPNOTSUPP:
        case ENODEV: return "this machine shows no such counter, as most virtual ones";
        case EACCES:
        case EPERM: {
            std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
            std::string level;
            file >> level;
            return "the kernel does not let this process count: /proc/sys/kernel/perf_event_paranoid is " + level +
                   ", 2 or less is needed, and a container must allow perf_event_open";
        }
        default: return std::string("the kernel has no counter: ") + std::strerror(error);
    }
}

/** Numbers of this process's threads. */
std::vector<int> threads() {
    std::vector<int> found;
    if (DIR* folder = opendir("/proc/self/task")) {
        while (const dirent* entry = readdir(folder)) {
            if (const int thread = std::atoi(entry->d_name)) found.push_back(thread);
        }
        closedir(folder);
    }
    return found;
}

class PerfCounters : public Counters {
public:
    PerfCounters() {
        const std::vector<int> all = threads();
        for (int counter = 0; counter < FN_COUNTERS; counter++) {
            for (int thread : all) open(counter, thread);
        }
    }
    PerfCounters(const PerfCounters&) = delete;
    PerfCounters& operator=(const PerfCounters&) = delete;
    ~PerfCounters() override {
        for (const std::vector<int>& files : files_) {
            for (int file : files) close(file);
        }
    }

    std::vector<Count> read() const override {
        std::vector<Count> counts;
        for (int counter = 0; counter < FN_COUNTERS; counter++) {
            Count count{0, files_[counter].empty() ? why_not(error_[counter]) : ""};
            for (int file : files_[counter]) count.value += value(file);
            counts.push_back(count);
        }
        return counts;
    }

private:
    /** A thread may have ended since it was listed: that is no reason. */
    void open(int counter, int thread) {
        perf_event_attr wanted{};
        wanted.size = sizeof wanted;
        wanted.type = events[counter].type;
        wanted.config = events[counter].config;
        wanted.exclude_kernel = !events[counter].in_kernel;
        wanted.exclude_hv = 1;
        wanted.inherit = 1;
        wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
        const long file = syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
        if (file >= 0) files_[counter].push_back(static_cast<int>(file));
        if (file < 0 && errno != ESRCH) error_[counter] = errno;
    }

    static double value(int file) {
        struct {
            uint64_t value, enabled, running;
        } now{};
        if (::read(file, &now, sizeof now) != static_cast<ssize_t>(sizeof now) || now.running == 0) return 0;
        return static_cast<double>(now.value) * (static_cast<double>(now.enabled) / static_cast<double>(now.running));
    }

    std::vector<int> files_[FN_COUNTERS];
    int error_[FN_COUNTERS] = {};
};

}  // namespace

std::unique_ptr<Counters> start_counters() { return std::make_unique<PerfCounters>(); }

}  // namespace fn::system
