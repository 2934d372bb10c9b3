#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace fn {

/** A counter that threads can wait on. */
class Signal {
public:
    uint32_t value() const { return value_.load(std::memory_order_acquire); }

    /** Raises the value and wakes who waits for it. What this thread wrote before is visible to them. */
    void raise();

    /** Returns once the value is not `old`: spins for spin_ns, then sleeps. */
    void wait_past(uint32_t old, int64_t spin_ns);

private:
    std::atomic<uint32_t> value_{0};
    std::atomic<int32_t> sleepers_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
};

/** Where the threads of one call meet. */
class Barrier {
public:
    /** Returns when as many as `threads` have arrived. */
    void arrive(int32_t threads, int64_t spin_ns);

private:
    alignas(64) std::atomic<int32_t> arrived_{0};
    alignas(64) Signal passed_;
};

/** Something that several threads do together: every one of them calls run() with its own index. */
class Task {
public:
    virtual void run(int32_t index, int32_t threads) = 0;

protected:
    ~Task() = default;
};

/**
 * Runs a task on the calling thread and up to `threads - 1` workers; returns when all are done. The task learns how
 * many there are.
 *
 * Workers belong to the process, not to a program: there are never more than the largest `threads - 1` asked for so
 * far, however many programs run at once. A call takes the ones that are free and makes do with those. An idle worker
 * spins for the spin_ns of the task it did last, then sleeps. A call takes no lock unless a thread sleeps or is to be
 * started; if the system has no more threads, it runs with fewer.
 */
void run_on_threads(Task& task, int32_t threads, int64_t spin_ns);

}  // namespace fn
