#include "fasternet_onednn.h"

#include "../status.h"
#include "library.h"

#include <omp.h>

#include <cstring>
#include <future>
#include <memory>
#include <system_error>
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
    std::promise<void> all_started;
    std::shared_future<void> gate = all_started.get_future().share();
    bool started = true;
    try {
        for (int32_t i = 0; i < count; i++) {
            threads.emplace_back([gate] { gate.wait(); });
        }
    } catch (const std::system_error&) {
        started = false;
    }
    all_started.set_value();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return started;
}

struct Primitive {
    const void* handle;
    const void* args;
    int32_t count;
};

struct Rows {
    int32_t slot;
    int64_t offset;
    int64_t stride;
};

struct Copy {
    Rows src;
    Rows dst;
    int64_t rows;
    int64_t row_bytes;
};

struct Slot {
    char* address = nullptr;
    std::vector<void*> memories;
};

void copy_rows(const Copy& copy, const char* src, char* dst, bool parallel) {
    src += copy.src.offset;
    dst += copy.dst.offset;
#pragma omp parallel for if (parallel)
    for (int64_t row = 0; row < copy.rows; row++) {
        std::memcpy(dst + row * copy.dst.stride, src + row * copy.src.stride, static_cast<size_t>(copy.row_bytes));
    }
}

}  // namespace

struct fn_sequence {
    int32_t threads;
    void* stream;
    const fn::OneDnn* onednn;
    std::vector<Slot> slots;
    std::vector<std::variant<Primitive, Copy>> steps;

    bool has_slot(int32_t slot) const { return slot >= 0 && slot < static_cast<int32_t>(slots.size()); }

    int run_steps() {
        for (const auto& step : steps) {
            if (const auto* primitive = std::get_if<Primitive>(&step)) {
                int failed = onednn->primitive_execute(primitive->handle, stream, primitive->count, primitive->args);
                if (failed != 0) {
                    return failed;
                }
            } else {
                const Copy& copy = std::get<Copy>(step);
                copy_rows(copy, slots[copy.src.slot].address, slots[copy.dst.slot].address,
                          threads > 1 && copy.rows * copy.row_bytes >= parallel_copy_bytes);
            }
        }
        return onednn->stream_wait(stream);
    }
};

fn_status fn_sequence_create(int32_t threads, int32_t slots, void* stream, fn_sequence** sequence) {
    return fn::guarded([&] {
        if (threads < 1 || threads > max_threads || slots < 0) {
            return fn::fail(FN_INVALID_ARGUMENT, "a sequence of %d threads and %d slots: 1 to %d threads are possible", threads, slots,
                            max_threads);
        }
        if (threads > omp_get_thread_limit()) {
            return fn::fail(FN_UNSUPPORTED, "%d threads were asked for, the OpenMP runtime is limited to %d (OMP_THREAD_LIMIT)",
                            threads, omp_get_thread_limit());
        }
        if (!can_start_threads(threads - 1)) {
            return fn::fail(FN_UNSUPPORTED, "%d threads were asked for, and the system refuses to start them", threads);
        }
        const fn::OneDnn* onednn = fn::loaded_onednn();
        if (onednn == nullptr) {
            return fn::fail(FN_UNSUPPORTED, "oneDNN (libdnnl.so.3) is not loaded in this process");
        }
        auto made = std::make_unique<fn_sequence>();
        made->threads = threads;
        made->stream = stream;
        made->onednn = onednn;
        made->slots.resize(static_cast<size_t>(slots));
        *sequence = made.release();
        return FN_OK;
    });
}

fn_status fn_sequence_add_primitive(fn_sequence* sequence, void* primitive, void* args, int32_t count) {
    return fn::guarded([&] {
        sequence->steps.emplace_back(Primitive{primitive, args, count});
        return FN_OK;
    });
}

fn_status fn_sequence_add_copy(
    fn_sequence* sequence, int32_t src_slot, int64_t src_offset, int64_t src_stride, int32_t dst_slot, int64_t dst_offset,
    int64_t dst_stride, int64_t rows, int64_t row_bytes) {
    return fn::guarded([&] {
        if (!sequence->has_slot(src_slot) || !sequence->has_slot(dst_slot)) {
            return fn::fail(FN_INVALID_ARGUMENT, "a copy from slot %d to slot %d of %zu", src_slot, dst_slot,
                            sequence->slots.size());
        }
        if (src_offset < 0 || dst_offset < 0 || rows < 0 || row_bytes < 0) {
            return fn::fail(FN_INVALID_ARGUMENT, "a copy with a negative offset or size");
        }
        sequence->steps.emplace_back(
            Copy{{src_slot, src_offset, src_stride}, {dst_slot, dst_offset, dst_stride}, rows, row_bytes});
        return FN_OK;
    });
}

fn_status fn_sequence_attach(fn_sequence* sequence, int32_t slot, void* memory) {
    return fn::guarded([&] {
        if (!sequence->has_slot(slot)) {
            return fn::fail(FN_INVALID_ARGUMENT, "slot %d of %zu", slot, sequence->slots.size());
        }
        sequence->slots[slot].memories.push_back(memory);
        return FN_OK;
    });
}

fn_status fn_sequence_bind(fn_sequence* sequence, int32_t slot, int64_t address) {
    return fn::guarded([&] {
        if (!sequence->has_slot(slot) || address == 0) {
            return fn::fail(FN_INVALID_ARGUMENT, "address %lld for slot %d of %zu", static_cast<long long>(address), slot,
                            sequence->slots.size());
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
        for (size_t slot = 0; slot < sequence->slots.size(); slot++) {
            if (sequence->slots[slot].address == nullptr) {
                return fn::fail(FN_INVALID_ARGUMENT, "slot %zu has no address yet", slot);
            }
        }
        int32_t before = fn_openmp_set_threads(sequence->threads);
        int failed = sequence->run_steps();
        fn_openmp_set_threads(before);
        return failed == 0 ? FN_OK : fn::fail(FN_INTERNAL, "oneDNN failed to execute a primitive: status %d", failed);
    });
}

void fn_sequence_destroy(fn_sequence* sequence) { delete sequence; }

int32_t fn_openmp_set_threads(int32_t threads) {
    int32_t before = omp_get_max_threads();
    omp_set_num_threads(threads);
    return before;
}
