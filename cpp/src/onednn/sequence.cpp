#include "onednn/sequence.h"

#include "status.h"
#include "system/system.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <thread>
#include <variant>
#include <vector>

namespace {

/**
 * Copies of fewer bytes run on the calling thread: entering a parallel region costs 2 to 5 us, in which one core copies more than
 * this from its L2.
 */
constexpr int64_t parallel_copy_bytes = 256 * 1024;

constexpr int32_t max_threads = 1024;

/**
 * Whether the system lets this process have `count` more threads now. libgomp ends the process when it cannot start its workers,
 * so whether it can is found out before.
 */
bool can_start_threads(int32_t count) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(count));
    std::promise<void> all_started;
    std::shared_future<void> gate = all_started.get_future().share();
    bool started = true;
    try {
        while (threads.size() < static_cast<size_t>(count)) {
            threads.emplace_back([gate] { gate.wait(); });
        }
    } catch (const std::exception&) {
        started = false;
    }
    all_started.set_value();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return started;
}

/**
 * Sees to it that the calling thread can have a team of `threads`. libgomp keeps one per calling thread, started by the first
 * region that needs it, so this is asked where a sequence is made and again on each thread that runs one.
 */
fn_status require_team(int32_t threads) {
    thread_local int32_t known = 1;
    if (threads > known) {
        if (!can_start_threads(threads - 1)) {
            return fn::fail(FN_UNSUPPORTED, "%d threads were asked for, and the system refuses to start them", threads);
        }
        known = threads;
    }
    return FN_OK;
}

void copy_rows(const fn::Copy& copy, const char* src, char* dst, bool parallel) {
    src += copy.src.offset;
    dst += copy.dst.offset;
    // By the caller alone where this library is built without OpenMP: its threads must be oneDNN's, and only on Linux is there one
    // runtime that both can be linked with.
#if defined(_OPENMP)
#pragma omp parallel for if (parallel)
#else
    (void)parallel;
#endif
    for (int64_t row = 0; row < copy.rows; row++) {
        std::memcpy(dst + row * copy.dst.stride, src + row * copy.src.stride, static_cast<size_t>(copy.row_bytes));
    }
}

/** Returns oneDNN's status of a primitive; 0 after a copy. */
int run_step(const fn_sequence& sequence, const fn::SequenceStep& step) {
    if (const auto* primitive = std::get_if<fn::Primitive>(&step)) {
        return sequence.onednn->primitive_execute(primitive->handle, sequence.stream, primitive->count, primitive->args);
    }
    const fn::Copy& copy = std::get<fn::Copy>(step);
    copy_rows(copy, sequence.slots[copy.src.slot].address, sequence.slots[copy.dst.slot].address,
              sequence.threads > 1 && copy.rows * copy.row_bytes >= parallel_copy_bytes);
    return 0;
}

/** Returns oneDNN's status of the first primitive that failed, else 0. */
int run_steps(const fn_sequence& sequence) {
    for (const fn::SequenceStep& step : sequence.steps) {
        if (int failed = run_step(sequence, step)) {
            return failed;
        }
    }
    return sequence.onednn->stream_wait(sequence.stream);
}

/** As run_steps(), with a clock. On the CPU a primitive is done when its call returns. */
int run_timed(fn_sequence& sequence) {
    using Clock = std::chrono::steady_clock;
    const size_t count = sequence.steps.size();
    Clock::time_point begin = Clock::now();
    for (size_t i = 0; i < count; i++) {
        int failed = run_step(sequence, sequence.steps[i]);
        if (failed == 0 && i + 1 == count) {
            failed = sequence.onednn->stream_wait(sequence.stream);
        }
        if (failed != 0) {
            return failed;
        }
        const Clock::time_point end = Clock::now();
        sequence.step_ns[i] = std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
        begin = end;
    }
    return 0;
}

}  // namespace

fn_status fn::create_sequence(int32_t threads, int32_t slots, void* stream, const OneDnn* onednn, fn_sequence** sequence) {
    if (threads < 1 || threads > max_threads || slots < 0) {
        return fail(FN_INVALID_ARGUMENT, "a sequence of %d threads and %d slots: 1 to %d threads are possible", threads, slots,
                    max_threads);
    }
    if (onednn == nullptr) {
        return fail(FN_UNSUPPORTED, "oneDNN (%s) is not loaded in this process", system::onednn_file());
    }
    const int32_t limit = onednn->omp_get_thread_limit ? onednn->omp_get_thread_limit() : max_threads;
    if (threads > limit) {
        return fail(FN_UNSUPPORTED, "%d threads were asked for, the OpenMP runtime is limited to %d (OMP_THREAD_LIMIT)", threads,
                    limit);
    }
    fn_status status = require_team(threads);
    if (status == FN_OK) {
        *sequence = new fn_sequence{threads, stream, onednn, std::vector<Slot>(static_cast<size_t>(slots)), {}, {}};
    }
    return status;
}

fn_status fn_sequence_create(int32_t threads, int32_t slots, void* stream, fn_sequence** sequence) {
    return fn::guarded([&] { return fn::create_sequence(threads, slots, stream, fn::loaded_onednn(), sequence); });
}

fn_status fn_sequence_add_primitive(fn_sequence* sequence, void* primitive, void* args, int32_t count) {
    return fn::guarded([&] {
        sequence->steps.emplace_back(fn::Primitive{primitive, args, count});
        return FN_OK;
    });
}

fn_status fn_sequence_add_copy(
    fn_sequence* sequence, int32_t src_slot, int64_t src_offset, int64_t src_stride, int32_t dst_slot, int64_t dst_offset,
    int64_t dst_stride, int64_t rows, int64_t row_bytes) {
    return fn::guarded([&] {
        if (!sequence->has_slot(src_slot) || !sequence->has_slot(dst_slot)) {
            return fn::fail(FN_INVALID_ARGUMENT, "a copy from slot %d to slot %d of %d", src_slot, dst_slot,
                            sequence->slot_count());
        }
        if (src_offset < 0 || dst_offset < 0 || rows < 0 || row_bytes < 0) {
            return fn::fail(FN_INVALID_ARGUMENT, "a copy with a negative offset or size");
        }
        sequence->steps.emplace_back(
            fn::Copy{{src_slot, src_offset, src_stride}, {dst_slot, dst_offset, dst_stride}, rows, row_bytes});
        return FN_OK;
    });
}

fn_status fn_sequence_attach(fn_sequence* sequence, int32_t slot, void* memory) {
    return fn::guarded([&] {
        if (!sequence->has_slot(slot)) {
            return fn::fail(FN_INVALID_ARGUMENT, "slot %d of %d", slot, sequence->slot_count());
        }
        sequence->slots[slot].memories.push_back(memory);
        return FN_OK;
    });
}

fn_status fn_sequence_bind(fn_sequence* sequence, int32_t slot, int64_t address) {
    return fn::guarded([&] {
        if (!sequence->has_slot(slot) || address == 0) {
            return fn::fail(FN_INVALID_ARGUMENT, "address %lld for slot %d of %d", static_cast<long long>(address), slot,
                            sequence->slot_count());
        }
        sequence->slots[slot].address = reinterpret_cast<char*>(address);
        for (void* memory : sequence->slots[slot].memories) {
            int failed = sequence->onednn->memory_set_data_handle(memory, sequence->slots[slot].address);
            if (failed != 0) {
                return fn::fail(FN_INTERNAL, "oneDNN refused a data handle with status %d", failed);
            }
        }
        return FN_OK;
    });
}

fn_status fn_sequence_run(fn_sequence* sequence) {
    return fn::guarded([&] {
        for (int32_t slot = 0; slot < sequence->slot_count(); slot++) {
            if (sequence->slots[slot].address == nullptr) {
                return fn::fail(FN_INVALID_ARGUMENT, "slot %d has no address yet", slot);
            }
        }
        fn_status status = require_team(sequence->threads);
        if (status != FN_OK) {
            return status;
        }
        int32_t before = fn::set_openmp_threads(*sequence->onednn, sequence->threads);
        int failed = sequence->step_ns.empty() ? run_steps(*sequence) : run_timed(*sequence);
        fn::set_openmp_threads(*sequence->onednn, before);
        return failed == 0 ? FN_OK : fn::fail(FN_INTERNAL, "oneDNN failed to execute a primitive: status %d", failed);
    });
}

fn_status fn_sequence_profile(fn_sequence* sequence, int32_t on) {
    return fn::guarded([&] {
        if (on != 0 && on != 1) {
            return fn::fail(FN_INVALID_ARGUMENT, "on is %d, expected 0 or 1", on);
        }
        sequence->step_ns.assign(on == 1 ? sequence->steps.size() : 0, 0);
        return FN_OK;
    });
}

fn_status fn_sequence_step_times(const fn_sequence* sequence, int64_t times) {
    if (sequence->step_ns.empty() || times == 0) {
        return fn::fail(FN_INVALID_ARGUMENT, "the sequence does not take the times of its steps, or they have no place");
    }
    std::copy(sequence->step_ns.begin(), sequence->step_ns.end(), reinterpret_cast<int64_t*>(times));
    return FN_OK;
}

void fn_sequence_destroy(fn_sequence* sequence) { delete sequence; }

int32_t fn::set_openmp_threads(const OneDnn& onednn, int32_t threads) {
    int32_t before = onednn.omp_get_max_threads();
    onednn.omp_set_num_threads(threads);
    return before;
}

int32_t fn_openmp_set_threads(int32_t threads) {
    const fn::OneDnn* onednn = fn::loaded_onednn();
    return onednn ? fn::set_openmp_threads(*onednn, threads) : threads;
}
