// Exported: how far it is from one CPU to another.
#include "fasternet_measure.h"

#include "engine/threads.h"
#include "status.h"
#include "system/system.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <system_error>
#include <vector>

namespace {

constexpr int rounds = 15, turns = 500;

/** Two threads that each wait for the other's line to have the next number. */
class PingPong {
public:
    /** Nanoseconds of a turn, there and back, the median over the rounds. */
    double run(int here, int there) {
        std::vector<double> nanos;
        std::future<void> asking, answering;  // whose destructors wait
        try {
            answering = std::async(std::launch::async, [&] { on(there, [&] { answer(); }); });
            asking = std::async(std::launch::async, [&] { on(here, [&] { ask(nanos); }); });
            asking.get();
            over_.store(true);
            answering.get();
        } catch (...) {
            over_.store(true);
            throw;
        }
        std::nth_element(nanos.begin(), nanos.begin() + rounds / 2, nanos.end());
        return nanos[rounds / 2];
    }

private:
    /** Ends the other thread too if this one is refused its CPU. */
    template <class Work>
    void on(int cpu, const Work& work) {
        try {
            fn::system::pin_this_thread(cpu);
        } catch (...) {
            over_.store(true);
            throw;
        }
        work();
    }

    void answer() {
        for (int32_t seen = 0; !over_.load(std::memory_order_relaxed);) {
            const int32_t now = ball_.load(std::memory_order_acquire);
            if (now != seen) back_.store(seen = now, std::memory_order_release);
        }
    }

    void ask(std::vector<double>& nanos) {
        using Clock = std::chrono::steady_clock;
        int32_t number = 0;
        for (int round = 0; round < rounds; round++) {
            const Clock::time_point begin = Clock::now();
            for (int turn = 0; turn < turns; turn++) {
                ball_.store(++number, std::memory_order_release);
                while (back_.load(std::memory_order_acquire) != number && !over_.load(std::memory_order_relaxed)) continue;
            }
            nanos.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / turns);
        }
    }

    alignas(fn::apart) std::atomic<int32_t> ball_{0};
    alignas(fn::apart) std::atomic<int32_t> back_{0};
    alignas(fn::apart) std::atomic<bool> over_{false};
};

}  // namespace

fn_status fn_measure_round_trip(double* nanoseconds) {
    return fn::guarded([&] {
        const std::vector<int> cpus = fn::system::spread_over_cores(fn::system::affinity_cpus());
        if (cpus.size() < 2) return fn::fail(FN_UNSUPPORTED, "there is one CPU: no way leads to another");
        try {
            *nanoseconds = PingPong().run(cpus[0], cpus[1]);
            return FN_OK;
        } catch (const std::system_error& e) {
            return fn::fail(FN_UNSUPPORTED, "the system refuses two threads that measure: %s", e.what());
        }
    });
}
