#include "engine/abi.h"
#include "engine/program.h"

struct fn_program {
    fn::Program program;
    std::atomic<bool> running{false};
};

namespace {

using fn::check_pointer;
using fn::fail;
using fn::first_failure;
using fn::in_range;

bool reads(const fn::Model& model, int32_t layout) {
    for (const fn::Layer& layer : model.layers()) {
        if (std::holds_alternative<fn::Input>(layer))
            return (layout == FN_NHWC_U8) == (model.precision() == fn::Precision::int8);
        const fn::PixelConv* conv = std::get_if<fn::PixelConv>(&layer);
        if (conv && conv->layout == static_cast<fn::PixelLayout>(layout)) return true;
    }
    return false;
}

/**
 * Every tensor's rows and columns must be at least one, and its elements and those of the source countable in 31 bits.
 */
fn_status check_sizes(const fn::Model& model, int64_t images, int32_t height, int32_t width) {
    constexpr int64_t most = INT32_MAX;
    const auto fits = [&](int64_t channels) {
        // A border of at most three and a whole group more than there are: what the engine counts is below this.
        return channels + 2 <= most / (height + 3) / (width + 3) / images;
    };
    if (!fits(model.source_channels()))
        return fail(FN_UNSUPPORTED, "%lld images of %d x %d are too large", static_cast<long long>(images), height,
                    width);
    const int32_t full_height = height, full_width = width;
    bool source_done = false;
    for (const fn::Layer& layer : model.layers()) {
        int32_t divisor = 1;
        if (const fn::PixelConv* conv = std::get_if<fn::PixelConv>(&layer)) {
            if (source_done) continue;  // the same for another layout
            divisor = conv->kernel;
        }
        source_done = true;
        if (const fn::PatchConv* conv = std::get_if<fn::PatchConv>(&layer)) divisor = conv->kernel;
        height /= divisor;
        width /= divisor;
        if (height < 1 || width < 1)
            return fail(FN_INVALID_ARGUMENT,
                        "images of %d x %d are too small: nothing is left after the convolutions at stride",
                        full_height, full_width);
        if (std::holds_alternative<fn::Pool>(layer)) height = width = 1;
        if (!fits(fn::channels_of(layer)))
            return fail(FN_UNSUPPORTED, "%lld images of %d x %d are too large", static_cast<long long>(images),
                        full_height, full_width);
    }
    return FN_OK;
}

fn_status check_source(const fn::Program& program, int64_t src, int64_t row_bytes) {
    const int64_t dense = program.dense_row_bytes(), value = fn::value_bytes(program.options().layout);
    if (src % value != 0)
        return fail(FN_INVALID_ARGUMENT, "src lies at an address that is no multiple of %lld, the bytes of its values",
                    static_cast<long long>(value));
    if (row_bytes < dense || row_bytes % value != 0)
        return fail(FN_INVALID_ARGUMENT, "src_row_bytes is %lld, expected %lld or more, in whole values",
                    static_cast<long long>(row_bytes), static_cast<long long>(dense));
    if (program.needs_dense_source() && row_bytes != dense)
        return fail(FN_INVALID_ARGUMENT, "src_row_bytes is %lld, expected %lld: the layer reads the source as a dense tensor",
                    static_cast<long long>(row_bytes), static_cast<long long>(dense));
    return FN_OK;
}

/** An output that lies in the source would change what other pixels still have to read. */
fn_status check_apart(const fn::Program& program, int64_t src, int64_t row_bytes, int64_t dst) {
    const int64_t src_end = src + (program.source_rows() - 1) * row_bytes + program.dense_row_bytes();
    for (size_t i = 0; i < program.outputs().size(); i++) {
        const int64_t output = reinterpret_cast<const int64_t*>(dst)[i];
        if (output >= src_end || src >= output + program.outputs()[i].bytes) continue;
        if (program.can_overwrite_source() && output == src) continue;
        return fail(FN_INVALID_ARGUMENT, "output %d overlaps the source: %s", static_cast<int>(i),
                    program.can_overwrite_source() ? "it must be the source itself or apart from it"
                                                   : "the layers cannot work in place");
    }
    return FN_OK;
}

/** Returns work(), during which no other thread runs the program. */
template <class Work>
fn_status alone(fn_program& program, const Work& work) {
    if (program.running.exchange(true, std::memory_order_acquire))
        return fail(FN_INVALID_ARGUMENT, "the program runs already, in another thread");
    const fn_status status = fn::guarded(work);
    program.running.store(false, std::memory_order_release);
    return status;
}

}  // namespace

fn_status fn_program_create(const fn_model* model, int32_t layout, int64_t images, int32_t height, int32_t width,
                            int32_t threads, int32_t spin_us, fn_program** program) {
    return fn::guarded([&] {
        if (!model || !program) return check_pointer(model ? "program" : "model", nullptr);
        const fn::Model& m = *model->model;
        if (!m.finished()) return fail(FN_INVALID_ARGUMENT, "the model is not finished");
        if (!in_range(layout, FN_NCHW_F32, FN_NHWC_BF16) || !reads(m, layout))
            return fail(FN_UNSUPPORTED, "the model has no first layer for layout %d", layout);
        if (!in_range(images, 1, INT32_MAX) || !in_range(height, 1, 1 << 20) || !in_range(width, 1, 1 << 20))
            return fail(FN_INVALID_ARGUMENT, "cannot run %lld images of %d x %d", static_cast<long long>(images),
                        height, width);
        if (spin_us < 0) return fail(FN_INVALID_ARGUMENT, "spin_us is %d, expected 0 or more", spin_us);
        const fn_status status = first_failure([&] { return check_sizes(m, images, height, width); },
                                               [&] { return fn::check_threads(threads); });
        if (status != FN_OK) return status;
        const fn::ProgramOptions options{
            static_cast<fn::PixelLayout>(layout), images, height, width, threads, int64_t{spin_us} * 1000};
        *program = new fn_program{{model->model, options}};
        return FN_OK;
    });
}

fn_status fn_program_run(fn_program* program, int64_t src, int64_t src_row_bytes, int64_t dst) {
    return fn::guarded([&] {
        if (!program || !src || !dst) return check_pointer(!program ? "program" : !src ? "src" : "dst", nullptr);
        if (src_row_bytes == 0) src_row_bytes = program->program.dense_row_bytes();
        const fn_status status =
            first_failure([&] { return check_source(program->program, src, src_row_bytes); },
                          [&] { return check_apart(program->program, src, src_row_bytes, dst); });
        if (status != FN_OK) return status;
        return alone(*program, [&] {
            program->program.run(reinterpret_cast<const void*>(src), src_row_bytes, reinterpret_cast<const int64_t*>(dst));
            return FN_OK;
        });
    });
}

int32_t fn_program_output_count(const fn_program* program) {
    return static_cast<int32_t>(program->program.outputs().size());
}

fn_status fn_program_output_shape(const fn_program* program, int32_t index, int64_t shape[4]) {
    if (!program || !shape || !in_range(index, 0, fn_program_output_count(program) - 1))
        return fail(FN_INVALID_ARGUMENT, "there is no output %d", index);
    const fn::Tensor& t = *program->program.outputs()[index].tensor;
    const int64_t values[4] = {program->program.options().images, t.channels, t.height, t.width};
    std::copy_n(values, 4, shape);
    return FN_OK;
}

int64_t fn_program_arena_bytes(const fn_program* program) {
    return static_cast<int64_t>(program->program.arena_bytes());
}

int32_t fn_program_step_count(const fn_program* program) {
    return static_cast<int32_t>(program->program.steps().size());
}

fn_status fn_program_step_get(const fn_program* program, int32_t index, fn_step* step) {
    if (!program || !step || !in_range(index, 0, fn_program_step_count(program) - 1))
        return fail(FN_INVALID_ARGUMENT, "there is no step %d", index);
    const fn::Step& s = *program->program.steps()[index];
    step->name = s.name.c_str();
    std::copy_n(s.shape, 4, step->shape);
    const int64_t parts = program->program.options().images / program->program.images_at_once();
    step->shape[0] *= parts;
    step->multiply_adds = s.multiply_adds * parts;
    step->layer = s.layer;
    return FN_OK;
}

fn_status fn_program_profile(fn_program* program, int32_t on) {
    if (!program) return check_pointer("program", nullptr);
    if (!in_range(on, 0, 1)) return fail(FN_INVALID_ARGUMENT, "on is %d, expected 0 or 1", on);
    return alone(*program, [&] {
        program->program.profile(on == 1);
        return FN_OK;
    });
}

fn_status fn_program_step_times(const fn_program* program, int64_t times) {
    if (!program || !times) return check_pointer(program ? "times" : "program", nullptr);
    const fn::StepTimes& threads = program->program.step_times();
    if (threads.empty()) return fail(FN_INVALID_ARGUMENT, "the program does not take the times of its steps");
    int64_t* next = reinterpret_cast<int64_t*>(times);
    for (size_t step = 0; step < program->program.steps().size(); step++) {
        *next++ = threads[0].whole[step];
        for (const fn::ThreadTimes& thread : threads) *next++ = thread.busy[step];
    }
    return FN_OK;
}

void fn_program_destroy(fn_program* program) { delete program; }
