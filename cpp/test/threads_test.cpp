#include "engine/threads.h"

#include "machines.h"
#include "network.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace {

constexpr int32_t most_threads = 8;
constexpr int steps = 30;
constexpr int64_t most_pieces = 23;
constexpr int64_t pieces_of_step(int step) { return 1 + step * 7 % most_pieces; }

std::vector<int64_t> all_pieces() {
    std::vector<int64_t> pieces;
    for (int i = 0; i < steps; i++) pieces.push_back(pieces_of_step(i));
    return pieces;
}

/** Writes down when each piece was begun and ended, by a clock that ticks with every such event. */
class Recorded : public fn::Task {
public:
    Recorded(int rounds, int64_t spin_ns)
        : spin_ns_(spin_ns), pieces_(static_cast<size_t>(rounds * steps)), shared_(all_pieces(), most_threads) {}

    void run(int32_t index, int32_t threads) override {
        if (index == 0) threads_seen_ = threads;
        for (int i = 0; i < steps; i++) {
            const int64_t done = shared_.work(i, round_, index, threads, [&](int64_t p) { work(round_ * steps + i, p); });
            shared_.finish(i, round_, done, spin_ns_);
        }
    }

    void next_round() { round_++; }

    /** Whether every piece was done exactly once, and none begun before all of the step before had ended. */
    void expect_done() const {
        int64_t before_ended = 0, before_sum = 1;
        for (size_t s = 0; s < pieces_.size(); s++) {
            int64_t ended = 0;
            for (int64_t p = 0; p < most_pieces; p++) {
                const Piece& piece = pieces_[s][p];
                const bool exists = p < pieces_of_step(s % steps);
                ASSERT_EQ(piece.times_done, exists ? 1 : 0) << "step " << s << ", piece " << p;
                if (!exists) continue;
                ASSERT_GT(piece.begun, before_ended) << "step " << s << ", piece " << p;
                ASSERT_EQ(piece.result, before_sum) << "step " << s << ", piece " << p;
                ended = std::max<int64_t>(ended, piece.ended);
            }
            before_ended = ended;
            before_sum = sum(s);
        }
    }
    int32_t threads() const { return threads_seen_; }

private:
    struct Piece {
        std::atomic<int32_t> times_done{0};
        std::atomic<int64_t> begun{0}, ended{0};
        int64_t result = 0;  // the sum of the step before; plain, so that ThreadSanitizer sees who reads it too early
    };

    int64_t sum(size_t step) const {
        int64_t sum = 0;
        for (const Piece& piece : pieces_[step]) sum += piece.result;
        return sum % 1000003;
    }

    /** Relaxed, as all of these atomics: they must not order what the steps themselves should order. */
    int64_t tick() { return clock_.fetch_add(1, std::memory_order_relaxed) + 1; }

    void work(size_t step, int64_t index) {
        Piece& piece = pieces_[step][index];
        piece.begun.store(tick(), std::memory_order_relaxed);
        piece.result = step == 0 ? 1 : sum(step - 1);
        if (index % 3 == 0) std::this_thread::yield();  // so that others overtake
        piece.times_done.fetch_add(1, std::memory_order_relaxed);
        piece.ended.store(tick(), std::memory_order_relaxed);
    }

    const int64_t spin_ns_;
    uint32_t round_ = 0;
    std::vector<std::array<Piece, most_pieces>> pieces_;  // by step, those of all rounds one after the other
    std::atomic<int64_t> clock_{0};
    int32_t threads_seen_ = 0;
    fn::SharedSteps shared_;
};

int64_t threads_of_process() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

TEST(Threads, DoEveryPieceOnceAndStepsInOrder) {
    for (int64_t spin_ns : {0, 1000, 100000}) {
        for (int32_t threads : {1, 2, 3, most_threads}) {
            constexpr int rounds = 8;
            Recorded task(rounds, spin_ns);
            ASSERT_EQ(fn::require_workers(threads), FN_OK) << fn_last_error();
            for (int round = 0; round < rounds; round++) {
                fn::run_on_threads(task, threads, spin_ns);
                task.next_round();
            }
            task.expect_done();
            EXPECT_EQ(task.threads(), threads);
        }
    }
}

/** Sessions in many threads share the workers; a call that gets none does its work alone. */
TEST(Threads, DoNotMultiply) {
    constexpr int callers = 12;
    ASSERT_EQ(fn::require_workers(4), FN_OK) << fn_last_error();
    const int64_t before = threads_of_process();
    std::atomic<int64_t> most{0};
    std::vector<std::thread> running;
    for (int i = 0; i < callers; i++) {
        running.emplace_back([&] {
            for (int k = 0; k < 50; k++) {
                Recorded task(1, 0);
                fn::run_on_threads(task, 4, 0);
                task.expect_done();
                if (const int64_t now = threads_of_process(); now > most) most = now;
            }
        });
    }
    for (std::thread& t : running) t.join();
    EXPECT_LE(most, before + callers);
}

#if defined(__linux__)

/** In a process of its own, which may not start a thread: exits with 0 if a program that needs one is refused. */
[[noreturn]] void create_a_program_without_threads() {
    Network net(machines().front(), 1, 3, 8, 8);
    net.pixel_conv(4, 2);
    net.output();
    fn_model* model = net.finish();
    const auto create = [&](int32_t threads) {
        fn_program* program = nullptr;
        return fn_program_create(model, FN_NCHW_F32, 1, 8, 8, threads, 0, &program);
    };
    const rlimit one{1, 1};
    // The limit does not bind root, so root becomes nobody.
    const bool limited = setrlimit(RLIMIT_NPROC, &one) == 0 && (geteuid() != 0 || setuid(65534) == 0);
    const bool alone = create(1) == FN_OK;
    // More than other tests have started: the process inherits the count of workers, not the workers.
    const bool refused = create(1024) == FN_UNSUPPORTED;
    const bool said = std::string(fn_last_error()) == "1024 threads were asked for, and the system refuses to start them";
    std::_Exit(limited && alone && refused && said ? 0 : 1);
}

TEST(Threads, ThatTheSystemRefusesAreNotDoneWithout) {
    EXPECT_EXIT(create_a_program_without_threads(), testing::ExitedWithCode(0), "");
}

#endif

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
