#include "engine/threads.h"

#include "status.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

namespace fn {

namespace {

void pause_cpu() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/** More than any program may ask for. */
constexpr int32_t max_workers = 1024;

class Worker {
public:
    Worker() : thread_([this] { loop(); }) { thread_.detach(); }

    bool claim() { return !claimed_.exchange(true, std::memory_order_acquire); }
    void release() { claimed_.store(false, std::memory_order_release); }

    /** Between claim() and release(). */
    void start(Task& task, int32_t index, int32_t threads, int64_t spin_ns) {
        task_ = &task;
        index_ = index;
        threads_ = threads;
        spin_ns_ = spin_ns;
        posted_.store(true, std::memory_order_release);
        start_.raise();
    }

    /** Takes the task back if the worker has not begun it; else returns when it is done. */
    void finish() {
        if (posted_.exchange(false, std::memory_order_acquire)) return;
        done_.wait_for(++tasks_done_, spin_ns_);
    }

private:
    void loop() {
        int64_t spin_ns = 0;
        for (uint32_t starts = 1;; starts++) {
            start_.wait_for(starts, spin_ns);
            if (!posted_.exchange(false, std::memory_order_acquire)) continue;  // it was taken back
            spin_ns = spin_ns_;
            task_->run(index_, threads_);
            done_.raise();
        }
    }

    std::atomic<bool> claimed_{false};
    Task* task_ = nullptr;
    int32_t index_ = 0, threads_ = 0;
    int64_t spin_ns_ = 0;
    std::atomic<bool> posted_{false};
    uint32_t tasks_done_ = 0;  // as the callers count them
    Signal start_, done_;
    std::thread thread_;
};

/** All workers of the process. Never destroyed: they may still spin when the process ends. */
class Pool {
public:
    /** Starts workers until there are `total`; std::system_error if the system refuses, which leaves those there are. */
    void grow(int32_t total) {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (int32_t n = started_.load(std::memory_order_relaxed); n < total; n++) {
            workers_[n] = new Worker();
            started_.store(n + 1, std::memory_order_release);
        }
    }

    /** Claims up to `wanted` free workers. */
    int32_t claim(int32_t wanted, Worker** claimed) {
        int32_t count = 0;
        const int32_t started = started_.load(std::memory_order_acquire);
        for (int32_t i = 0; i < started && count < wanted; i++) {
            if (workers_[i]->claim()) claimed[count++] = workers_[i];
        }
        return count;
    }

private:
    std::mutex mutex_;
    std::atomic<int32_t> started_{0};
    Worker* workers_[max_workers] = {};
};

Pool& pool() {
    static Pool* const instance = new Pool();
    return *instance;
}

}  // namespace

void Signal::raise() {
    value_.fetch_add(1, std::memory_order_seq_cst);
    // Either this load sees the sleeper, or the sleeper, who registers before it looks, sees the new value.
    if (sleepers_.load(std::memory_order_seq_cst) > 0) {
        const std::lock_guard<std::mutex> lock(mutex_);
        changed_.notify_all();
    }
}

void Signal::wait_for(uint32_t target, int64_t spin_ns) {
    using Clock = std::chrono::steady_clock;
    const auto reached = [&] { return static_cast<int32_t>(value_.load(std::memory_order_seq_cst) - target) >= 0; };
    if (reached()) return;
    const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(spin_ns);
    do {
        for (int i = 0; i < 32; i++) {
            if (reached()) return;
            pause_cpu();
        }
    } while (Clock::now() < end);
    std::unique_lock<std::mutex> lock(mutex_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    // Not wait, which GCC 12 has in a version of libstdc++ that systems of GCC 11, such as RHEL 9, do not have.
    while (!changed_.wait_for(lock, std::chrono::hours(1), reached)) continue;
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

SharedSteps::SharedSteps(std::vector<int64_t> pieces, int32_t max_threads)
    : pieces_(std::move(pieces)),
      max_threads_(max_threads),
      claimed_(pieces_.size() * max_threads),
      left_(pieces_.size()) {
    for (size_t i = 0; i < pieces_.size(); i++) left_[i].value.store(pieces_[i], std::memory_order_relaxed);
}

int64_t SharedSteps::claim(int32_t step, uint32_t round, int32_t owner, int64_t count) {
    std::atomic<uint64_t>& claimed = claimed_[static_cast<size_t>(step) * max_threads_ + owner].value;
    uint64_t now = claimed.load(std::memory_order_relaxed);
    while (true) {
        const uint32_t latest = static_cast<uint32_t>(now >> 32);
        if (static_cast<int32_t>(latest - round) > 0) return -1;  // this thread is late: the others are a round ahead
        const uint32_t taken = latest == round ? static_cast<uint32_t>(now) : 0;
        if (taken >= count) return -1;
        const uint64_t next = static_cast<uint64_t>(round) << 32 | (taken + 1);
        if (claimed.compare_exchange_weak(now, next, std::memory_order_relaxed)) return taken;
    }
}

void SharedSteps::finish(int32_t step, uint32_t round, int64_t done, int64_t spin_ns) {
    if (done > 0 && left_[step].value.fetch_sub(done, std::memory_order_acq_rel) == done) {
        left_[step].value.store(pieces_[step], std::memory_order_relaxed);  // for the next round
        steps_done_.raise();
    } else {
        steps_done_.wait_for(round * static_cast<uint32_t>(pieces_.size()) + static_cast<uint32_t>(step) + 1, spin_ns);
    }
}

fn_status require_workers(int32_t threads) {
    try {
        pool().grow(std::min(threads - 1, max_workers));
        return FN_OK;
    } catch (const std::system_error&) {
        return fail(FN_UNSUPPORTED, "%d threads were asked for, and the system refuses to start them", threads);
    }
}

void run_on_threads(Task& task, int32_t threads, int64_t spin_ns) {
    Worker* workers[max_workers];
    const int32_t count = threads > 1 ? pool().claim(std::min(threads - 1, max_workers), workers) : 0;
    for (int32_t i = 0; i < count; i++) workers[i]->start(task, i + 1, count + 1, spin_ns);
    task.run(0, count + 1);
    for (int32_t i = 0; i < count; i++) {
        workers[i]->finish();
        workers[i]->release();
    }
}

}  // namespace fn
