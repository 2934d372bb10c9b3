#include "engine/threads.h"

#include "machines.h"
#include "network.h"

#include <filesystem>
#include <numeric>
#include <thread>

namespace {

constexpr int32_t most_threads = 8;
constexpr int steps = 60;
constexpr int64_t pieces_of_step(int step) { return 1 + step % 5; }

std::vector<int64_t> all_pieces() {
    std::vector<int64_t> pieces;
    for (int i = 0; i < steps; i++) pieces.push_back(pieces_of_step(i));
    return pieces;
}

/**
 * Counts pieces in plain integers: were a step begun before the one before is done, that would be a data race and a
 * miscount.
 */
class Counting : public fn::Task {
public:
    explicit Counting(int64_t spin_ns) : spin_ns_(spin_ns), shared_(all_pieces(), most_threads) {}

    void run(int32_t index, int32_t threads) override {
        if (index == 0) threads_seen_ = threads;
        for (int i = 0; i < steps; i++) {
            shared_.run(i, round_, index, threads, spin_ns_, [&](int64_t piece) {
                const int64_t before =
                    i == 0 ? 0 : std::accumulate(done_[i - 1], done_[i - 1] + pieces_of_step(i - 1), int64_t{0});
                done_[i][piece] += i == 0 || before == (round_ + 1) * pieces_of_step(i - 1) ? 1 : 1000000;
            });
        }
    }

    void next_round() { round_++; }

    /** Whether every piece was done once in every round, and after all of the step before. */
    void expect_done(uint32_t rounds) const {
        for (int i = 0; i < steps; i++) {
            for (int64_t p = 0; p < pieces_of_step(i); p++)
                ASSERT_EQ(done_[i][p], rounds) << "step " << i << ", piece " << p;
        }
    }
    int32_t threads() const { return threads_seen_; }

private:
    const int64_t spin_ns_;
    uint32_t round_ = 0;
    int64_t done_[steps][5] = {};
    int32_t threads_seen_ = 0;
    fn::SharedSteps shared_;
};

int64_t threads_of_process() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

TEST(Threads, DoEveryPieceOnceAndStepsInOrder) {
    for (int64_t spin_ns : {0, 1000, 1000000}) {
        for (int32_t threads : {1, 2, 3, most_threads}) {
            Counting task(spin_ns);
            for (uint32_t round = 0; round < 20; round++) {
                fn::run_on_threads(task, threads, spin_ns);
                task.next_round();
            }
            task.expect_done(20);
            EXPECT_EQ(task.threads(), threads);
        }
    }
}

/** Sessions in many threads share the workers; a call that gets none does its work alone. */
TEST(Threads, DoNotMultiply) {
    constexpr int callers = 12;
    Counting first(0);
    fn::run_on_threads(first, 4, 0);
    const int64_t before = threads_of_process();
    std::atomic<int64_t> most{0};
    std::vector<std::thread> running;
    for (int i = 0; i < callers; i++) {
        running.emplace_back([&] {
            for (int k = 0; k < 50; k++) {
                Counting task(0);
                fn::run_on_threads(task, 4, 0);
                task.expect_done(1);
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
