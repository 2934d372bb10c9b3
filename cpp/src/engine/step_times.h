#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace fn {

/** Nanoseconds of one thread's, by step, summed over the parts of a batch. In cache lines of its own. */
struct alignas(64) ThreadTimes {
    /** At pieces of the step. */
    std::vector<int64_t> busy;
    /** From the end of the step before, of the run's begin, to the end of the step, when all threads' pieces are done. */
    std::vector<int64_t> whole;
};

/** Where the time of a program's last run went. Empty while nobody wants to know. */
using StepTimes = std::vector<ThreadTimes>;

/** A thread's clock while it runs steps one after the other; does nothing without times to add to. */
class StepClock {
public:
    explicit StepClock(ThreadTimes* times) : times_(times) {
        if (times_) ended_ = worked_ = Clock::now();
    }

    /** The thread has done its pieces. */
    void worked() {
        if (times_) worked_ = Clock::now();
    }

    /** The step is done. */
    void ended(size_t step) {
        if (!times_) return;
        const Clock::time_point now = Clock::now();
        times_->busy[step] += nanoseconds(worked_ - ended_);
        times_->whole[step] += nanoseconds(now - ended_);
        ended_ = now;
    }

private:
    using Clock = std::chrono::steady_clock;

    static int64_t nanoseconds(Clock::duration time) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    }

    ThreadTimes* const times_;
    Clock::time_point ended_, worked_;
};

}  // namespace fn
