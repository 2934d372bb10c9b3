#include "measure/rounds.h"

#include "system_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <map>
#include <sched.h>
#include <system_error>

namespace fn {

namespace {

using Clock = std::chrono::steady_clock;

void pin_this_thread(int cpu) {
    std::vector<cpu_set_t> mask(cpu / CPU_SETSIZE + 1);
    const size_t bytes = mask.size() * sizeof(cpu_set_t);
    CPU_SET_S(cpu, bytes, mask.data());
    if (sched_setaffinity(0, bytes, mask.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "pinning to CPU " + std::to_string(cpu));
    }
}

/** One thread's work per second in each round. */
std::vector<double> run_rounds(const fn_measure_options& options, const Piece& piece, Clock::time_point start) {
    const std::chrono::nanoseconds length(options.round_ns);
    std::vector<double> rates;
    Clock::time_point begin = Clock::now(), now;
    for (int32_t window = 0; window <= options.rounds; window++) {
        const Clock::time_point end = start + (window + 1) * length;
        int64_t work = 0;
        do {
            work += piece();
            now = Clock::now();
        } while (now < end);
        if (window > 0) rates.push_back(static_cast<double>(work) / std::chrono::duration<double>(now - begin).count());
        begin = now;
    }
    return rates;
}

}  // namespace

std::vector<double> measure_rounds(const fn_measure_options& options, const std::vector<int>& cpus,
                                   const std::function<Piece()>& begin) {
    std::vector<std::promise<void>> ready(options.threads);
    // When something is refused, `go` is destroyed first: threads stop waiting for it, and the results' destructors for them.
    std::vector<std::future<std::vector<double>>> results;
    std::promise<Clock::time_point> go;
    const std::shared_future<Clock::time_point> start = go.get_future();
    for (int32_t i = 0; i < options.threads; i++) {
        results.push_back(std::async(std::launch::async, [&, start, i] {
            Piece piece;
            try {
                pin_this_thread(cpus[i]);
                piece = begin();
                ready[i].set_value();
            } catch (...) {
                ready[i].set_exception(std::current_exception());
                return std::vector<double>{};
            }
            return run_rounds(options, piece, start.get());
        }));
    }
    for (std::promise<void>& thread : ready) thread.get_future().get();
    go.set_value(Clock::now());

    std::vector<double> sums(options.rounds);
    for (auto& result : results) {
        const std::vector<double> rates = result.get();
        std::transform(rates.begin(), rates.end(), sums.begin(), sums.begin(), std::plus<>());
    }
    return sums;
}

std::vector<int> spread_over_cores(const std::string& root, const std::vector<int>& cpus) {
    std::map<std::string, int> used;
    std::map<int, int> rank;  // of a CPU among those of its core
    for (int cpu : cpus) {
        const std::string core =
            read_line(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        rank[cpu] = core.empty() ? 0 : used[core]++;
    }
    std::vector<int> order = cpus;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank[a] < rank[b]; });
    return order;
}

}  // namespace fn
