#include "measure/rounds.h"

#include "system/system.h"

#include <algorithm>
#include <chrono>
#include <future>

namespace fn {

namespace {

using Clock = std::chrono::steady_clock;

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
                system::pin_this_thread(cpus[i]);
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

}  // namespace fn
