// Exported: what the CPUs count, and where threads run.
#include "fasternet_measure.h"

#include "engine/threads.h"
#include "status.h"
#include "system/system.h"

#include <atomic>
#include <string>
#include <system_error>
#include <thread>

namespace {

using fn::fail;

/** What a handle stands for: the counters, and the sentence that was asked for last. */
struct Counting {
    std::unique_ptr<fn::system::Counters> counters;
    std::string sentence;
};

Counting* counting(int64_t handle) { return reinterpret_cast<Counting*>(handle); }

/** Where the threads of the last fn_threads_pin() may run again. */
struct Pinned {
    std::vector<int> cpus;
    int32_t threads = 0;
} pinned;

/** Has every thread of a run stay on the CPUs that are its. All of them come: none is done before all have begun. */
class Placing : public fn::Task {
public:
    /** @param places CPUs of each thread */
    explicit Placing(std::vector<std::vector<int>> places) : places_(std::move(places)) {}

    void run(int32_t index, int32_t threads) override {
        try {
            fn::system::run_this_thread_on(places_[index]);
            placed_.fetch_add(1);
        } catch (const std::system_error&) {
            refused_.store(true);
        }
        begun_.fetch_add(1);
        while (begun_.load() < threads) std::this_thread::yield();
    }

    fn_status place() {
        const int32_t threads = static_cast<int32_t>(places_.size());
        if (fn_status status = fn::require_workers(threads)) return status;
        fn::run_on_threads(*this, threads, 0);
        if (refused_.load()) return fail(FN_UNSUPPORTED, "the system refuses to pin threads to CPUs");
        return placed_.load() == threads ? FN_OK : fail(FN_UNSUPPORTED, "only %d of %d threads are free to be pinned",
                                                        placed_.load(), threads);
    }

private:
    const std::vector<std::vector<int>> places_;
    std::atomic<int32_t> begun_{0}, placed_{0};
    std::atomic<bool> refused_{false};
};

}  // namespace

fn_status fn_counters_start(int64_t* counters) {
    return fn::guarded([&] {
        *counters = reinterpret_cast<int64_t>(new Counting{fn::system::start_counters(), {}});
        return FN_OK;
    });
}

fn_status fn_counters_read(int64_t counters, double* values) {
    return fn::guarded([&] {
        for (const fn::system::Count& count : counting(counters)->counters->read()) *values++ = count.value;
        return FN_OK;
    });
}

const char* fn_counters_missing(int64_t counters, int32_t counter) {
    Counting& c = *counting(counters);
    if (fn::guarded([&] {
            c.sentence = counter >= 0 && counter < FN_COUNTERS ? c.counters->read()[counter].missing : "there is no such counter";
            return FN_OK;
        }) != FN_OK) {
        return fn_last_error();
    }
    return c.sentence.empty() ? nullptr : c.sentence.c_str();
}

void fn_counters_stop(int64_t counters) { delete counting(counters); }

fn_status fn_threads_pin(int32_t threads) {
    return fn::guarded([&] {
        const std::vector<int> all = fn::system::affinity_cpus(), cpus = fn::system::spread_over_cores(all);
        if (threads < 1) return fail(FN_INVALID_ARGUMENT, "threads is %d, expected at least 1", threads);
        if (threads > static_cast<int64_t>(cpus.size())) {
            return fail(FN_UNSUPPORTED, "%d threads cannot each have a CPU: the affinity mask has %d", threads,
                        static_cast<int>(cpus.size()));
        }
        std::vector<std::vector<int>> places;
        for (int32_t i = 0; i < threads; i++) places.push_back({cpus[i]});
        pinned = {all, threads};
        return Placing(std::move(places)).place();
    });
}

fn_status fn_threads_unpin() {
    return fn::guarded([&] {
        if (pinned.threads == 0) return fail(FN_INVALID_ARGUMENT, "no threads are pinned");
        const std::vector<std::vector<int>> places(pinned.threads, pinned.cpus);
        pinned.threads = 0;
        return Placing(places).place();
    });
}
