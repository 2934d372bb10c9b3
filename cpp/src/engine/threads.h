#pragma once

#include "fasternet.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace fn {

/** What several threads write lies so far apart: two cache lines, as caches fetch the other one of a pair too. */
constexpr size_t apart = 128;

/** A counter that threads can wait on. */
class Signal {
public:
    /** Raises the value and wakes who waits for it. What this thread wrote before is visible to them. */
    void raise();

    /** Returns once the value has reached `target`: spins for spin_ns, then sleeps. Values wrap around. */
    void wait_for(uint32_t target, int64_t spin_ns);

private:
    alignas(apart) std::atomic<uint32_t> value_{0};
    alignas(apart) std::atomic<int32_t> sleepers_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
};

/**
 * Shares out the pieces of steps that follow each other. A step is done when its pieces are, not when all threads have
 * come: where other processes hold a thread up, the others do its pieces and go on without it.
 */
class SharedSteps {
public:
    /** @param pieces of every step */
    SharedSteps(std::vector<int64_t> pieces, int32_t max_threads);

    /**
     * Calls run(piece) for pieces of a step that nobody has begun, those of the thread's own share first, so that it
     * finds what it wrote before in its cache; returns how many it has done.
     *
     * @param round counts, from 0 on, how often all steps have been done; the same for all threads
     */
    template <class Run>
    int64_t work(int32_t step, uint32_t round, int32_t thread, int32_t threads, const Run& run) {
        const int64_t pieces = pieces_[step];
        int64_t done = 0;
        for (int32_t i = 0; i < threads; i++) {
            const int32_t owner = (thread + i) % threads;
            const int64_t begin = pieces * owner / threads, end = pieces * (owner + 1) / threads;
            for (int64_t next; (next = claim(step, round, owner, end - begin)) >= 0; done++) run(begin + next);
        }
        return done;
    }

    /** Comes after work(), which has `done` so many pieces; returns when the whole step is done. */
    void finish(int32_t step, uint32_t round, int64_t done, int64_t spin_ns);

private:
    int64_t claim(int32_t step, uint32_t round, int32_t owner, int64_t count);

    template <class T>
    struct alignas(apart) Apart {
        std::atomic<T> value{0};
    };

    const std::vector<int64_t> pieces_;
    const int32_t max_threads_;
    std::vector<Apart<uint64_t>> claimed_;  // by step and owner: the round, and how many pieces of it are taken
    std::vector<Apart<int64_t>> left_;      // by step: pieces that are not done
    Signal steps_done_;
};

/** Something that several threads do together: every one of them calls run() with its own index. */
class Task {
public:
    virtual void run(int32_t index, int32_t threads) = 0;

protected:
    ~Task() = default;
};

/**
 * Sees to it that the process has the workers of a task on `threads` threads, 1 to 1024: one less. FN_UNSUPPORTED if the
 * system refuses to start them.
 *
 * Workers belong to the process, not to a program: there are never more than the most required so far, however many
 * programs run at once.
 *
 * @throws std::bad_alloc
 */
fn_status require_workers(int32_t threads);

/**
 * Runs a task on the calling thread and up to `threads - 1` workers; returns when all that have begun are done. The
 * task learns how many there are.
 *
 * A call takes the workers that are free, of those there are, and makes do with them. An idle worker spins for the
 * spin_ns of the task it did last, then sleeps. A call takes no lock unless a thread sleeps.
 */
void run_on_threads(Task& task, int32_t threads, int64_t spin_ns);

}  // namespace fn
