// The exported functions that measure: they check what they are given and give each thread its work.
#include "fasternet_measure.h"

#include "measure/loops.h"
#include "measure/rounds.h"
#include "memory.h"
#include "status.h"
#include "system/system.h"

#include <algorithm>
#include <memory>
#include <system_error>

namespace {

using fn::fail;

/** Some tens of microseconds on a CPU of today: reading the clock after each is then no part of the figure. */
constexpr int64_t turns_per_piece = 20000;
constexpr int64_t array_bytes_per_piece = 1 << 20;
constexpr int64_t least_working_set = 2048;

fn_status measure(const fn_measure_options& options, const std::function<fn::Piece()>& begin, double* per_second) {
    if (options.rounds < 1) return fail(FN_INVALID_ARGUMENT, "rounds is %d, expected at least 1", options.rounds);
    if (options.round_ns < 1) {
        return fail(FN_INVALID_ARGUMENT, "round_ns is %lld, expected at least 1", static_cast<long long>(options.round_ns));
    }
    if (options.threads < 1) return fail(FN_INVALID_ARGUMENT, "threads is %d, expected at least 1", options.threads);
    const std::vector<int> cpus = fn::system::spread_over_cores(fn::system::affinity_cpus());
    if (options.threads > static_cast<int64_t>(cpus.size())) {
        return fail(FN_UNSUPPORTED, "%d threads cannot each have a CPU: the affinity mask has %d", options.threads,
                    static_cast<int>(cpus.size()));
    }
    try {
        const std::vector<double> rates = fn::measure_rounds(options, cpus, begin);
        std::copy(rates.begin(), rates.end(), per_second);
        return FN_OK;
    } catch (const std::system_error& e) {
        return fail(FN_UNSUPPORTED, "the system refuses %d threads that measure: %s", options.threads, e.what());
    }
}

/** One thread's arrays, and how far it is with them. */
class Arrays {
public:
    Arrays(const fn::MemoryLoop& loop, int64_t bytes)
        : loop_(loop),
          size_(bytes / loop.arrays / fn::memory_block * fn::memory_block),
          passes_(std::max<int64_t>(1, array_bytes_per_piece / size_)),
          pages_(loop.arrays * size_) {
        std::fill_n(array(0), loop.arrays * size_ / sizeof(float), 1.0f);  // untouched pages are all the same one
    }

    /** Reads or writes the next piece of every array; @return the bytes of all */
    int64_t advance() {
        const int64_t piece = std::min(array_bytes_per_piece, size_ - at_);
        loop_.run(array(0), array(1 % loop_.arrays), array(2 % loop_.arrays), piece / sizeof(float), passes_);
        at_ = (at_ + piece) % size_;
        return piece * passes_ * loop_.arrays;
    }

private:
    float* array(int64_t index) { return reinterpret_cast<float*>(pages_.data() + index * size_ + at_); }

    const fn::MemoryLoop& loop_;
    const int64_t size_, passes_;
    fn::Pages pages_;
    int64_t at_ = 0;
};

}  // namespace

const char* fn_measure_type_name(int32_t type) {
    return type >= 0 && type < fn::measure_types ? fn::type_names[type] : nullptr;
}

const char* fn_measure_instruction(int32_t isa, int32_t type) {
    const fn::ComputeLoop* loop = nullptr;
    const fn_status status = fn::guarded([&] { return fn::find_compute_loop(isa, type, &loop); });
    return status == FN_OK ? loop->instruction : nullptr;
}

fn_status fn_measure_compute(const fn_measure_options* options, int32_t type, double* per_second) {
    return fn::guarded([&] {
        const fn::ComputeLoop* loop = nullptr;
        if (fn_status status = fn::find_compute_loop(options->isa, type, &loop)) return status;
        const auto piece = [loop] {
            loop->run(turns_per_piece);
            return turns_per_piece * loop->operations;
        };
        return measure(*options, [&] { return fn::Piece(piece); }, per_second);
    });
}

fn_status fn_measure_memory(const fn_measure_options* options, int32_t kind, int64_t bytes, double* per_second) {
    return fn::guarded([&] {
        const fn::MemoryLoop* loop = nullptr;
        if (fn_status status = fn::find_memory_loop(options->isa, kind, &loop)) return status;
        if (bytes < least_working_set) {
            return fail(FN_INVALID_ARGUMENT, "the working set is %lld bytes, expected at least %lld",
                        static_cast<long long>(bytes), static_cast<long long>(least_working_set));
        }
        const auto begin = [&] {
            const auto arrays = std::make_shared<Arrays>(*loop, bytes);
            return fn::Piece([arrays] { return arrays->advance(); });
        };
        return measure(*options, begin, per_second);
    });
}
