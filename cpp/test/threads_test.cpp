#include "engine/threads.h"

#include "machines.h"
#include "network.h"

#include <filesystem>
#include <set>
#include <thread>

namespace {

/** Counts up, all threads together, a barrier between any two steps. */
class Counting : public fn::Task {
public:
    Counting(int steps, int64_t spin_ns) : steps_(steps), spin_ns_(spin_ns) {}

    void run(int32_t index, int32_t threads) override {
        threads_seen_ = threads;
        for (int i = 0; i < steps_; i++) {
            // One writer per step, and not always the same one: without the barrier this is a data race.
            if (i % threads == index) count_++;
            barrier_.arrive(threads, spin_ns_);
        }
    }

    int count() const { return count_; }
    int32_t threads() const { return threads_seen_; }

private:
    const int steps_;
    const int64_t spin_ns_;
    int count_ = 0;
    std::atomic<int32_t> threads_seen_{0};
    fn::Barrier barrier_;
};

int64_t threads_of_process() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

TEST(Threads, MeetAtTheBarrierSpinningOrSleeping) {
    for (int64_t spin_ns : {0, 1000, 1000000}) {
        for (int32_t threads : {1, 2, 3, 8}) {
            Counting task(300, spin_ns);
            fn::run_on_threads(task, threads, spin_ns);
            EXPECT_EQ(task.count(), 300);
            EXPECT_EQ(task.threads(), threads);
        }
    }
}

/** Sessions in many threads share the workers; a call that gets none does its work alone. */
TEST(Threads, DoNotMultiply) {
    constexpr int callers = 12;
    Counting first(10, 0);
    fn::run_on_threads(first, 4, 0);
    const int64_t before = threads_of_process();
    std::atomic<int64_t> most{0};
    std::vector<std::thread> running;
    for (int i = 0; i < callers; i++) {
        running.emplace_back([&] {
            for (int k = 0; k < 50; k++) {
                Counting task(20, 0);
                fn::run_on_threads(task, 4, 0);
                EXPECT_EQ(task.count(), 20);
                if (const int64_t now = threads_of_process(); now > most) most = now;
            }
        });
    }
    for (std::thread& t : running) t.join();
    EXPECT_LE(most, before + callers);
}

/** One model, a program per thread; results as if alone. */
TEST(Threads, ProgramsOfOneModelRunTogether) {
    for (const Machine& machine : machines()) {
        Network net(machine, 1, 3, 32, 24);
        net.pixel_conv(16, 4);
        net.block(4, 32, FN_RELU);
        net.block(4, 32, FN_RELU);
        net.output();
        net.finish();
        const auto alone = net.run(1);
        std::vector<std::thread> running;
        for (int i = 0; i < 4; i++) {
            running.emplace_back([&] {
                for (int k = 0; k < 5; k++) EXPECT_EQ(net.run(3), alone);
            });
        }
        for (std::thread& t : running) t.join();
    }
}

}  // namespace
