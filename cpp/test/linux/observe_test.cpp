#include "fasternet_measure.h"

#include "engine/threads.h"
#include "system/system.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <time.h>

namespace {

/** Until the calling thread has had the CPU for so many milliseconds. */
void burn(int milliseconds) {
    timespec now{};
    int64_t start = -1;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        if (start < 0) start = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    } while (now.tv_sec * 1000 + now.tv_nsec / 1000000 - start < milliseconds);
}

/** What is counted grows with the work of all threads, also of those that started before; what is not counted has a reason. */
TEST(Counters, CountAllThreadsOrSayWhyNot) {
    std::atomic<bool> go{false};
    std::thread before([&] {
        while (!go.load()) std::this_thread::yield();
        burn(40);
    });
    int64_t counters = 0;
    ASSERT_EQ(FN_OK, fn_counters_start(&counters)) << fn_last_error();
    go.store(true);
    std::thread after([] { burn(40); });
    burn(40);
    before.join();
    after.join();
    double values[FN_COUNTERS] = {-1, -1, -1, -1};
    ASSERT_EQ(FN_OK, fn_counters_read(counters, values));
    for (int counter = 0; counter < FN_COUNTERS; counter++) {
        if (const char* reason = fn_counters_missing(counters, counter)) {
            EXPECT_GT(std::string(reason).size(), 20u) << reason;
            EXPECT_EQ(values[counter], 0);
        } else {
            EXPECT_GT(values[counter], counter == FN_COUNTER_CPU_NS ? 115e6 : 0);
        }
    }
    EXPECT_STREQ("there is no such counter", fn_counters_missing(counters, FN_COUNTERS));
    fn_counters_stop(counters);
    fn_counters_stop(0);
}

/** Collects the CPUs that the threads of a run may use. */
struct Where : fn::Task {
    void run(int32_t index, int32_t threads) override {
        begun++;
        while (begun.load() < threads) std::this_thread::yield();
        const std::lock_guard<std::mutex> lock(mutex);
        cpus[index] = fn::system::affinity_cpus();
    }
    std::atomic<int32_t> begun{0};
    std::mutex mutex;
    std::map<int32_t, std::vector<int>> cpus;
};

TEST(Pinning, EveryThreadHasACpuOfItsOwnUntilItIsOver) {
    const std::vector<int> all = fn::system::affinity_cpus();
    const int32_t threads = std::min<int32_t>(3, static_cast<int32_t>(all.size()));
    ASSERT_EQ(FN_OK, fn_threads_pin(threads)) << fn_last_error();
    Where pinned;
    fn::run_on_threads(pinned, threads, 0);
    std::set<int> used;
    for (const auto& [index, cpus] : pinned.cpus) {
        ASSERT_EQ(1u, cpus.size()) << index;
        used.insert(cpus[0]);
    }
    EXPECT_EQ(pinned.cpus.size(), used.size());
    ASSERT_EQ(FN_OK, fn_threads_unpin()) << fn_last_error();
    Where free;
    fn::run_on_threads(free, threads, 0);
    for (const auto& [index, cpus] : free.cpus) EXPECT_EQ(all, cpus) << index;
}

TEST(Pinning, WhatCannotBeIsRefused) {
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_threads_pin(0));
    EXPECT_STREQ("threads is 0, expected at least 1", fn_last_error());
    EXPECT_EQ(FN_UNSUPPORTED, fn_threads_pin(1 << 20));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_threads_unpin());
    EXPECT_STREQ("no threads are pinned", fn_last_error());
}

}  // namespace
