// The engine's exported functions: they check what they are given, so that the engine need not.
#include "engine/program.h"
#include "fasternet.h"
#include "isa.h"
#include "status.h"

#include <cstdlib>
#include <cstring>
#include <deque>

struct fn_model {
    std::shared_ptr<fn::Model> model;
    /** The caller's weights, until they are packed. */
    std::deque<fn::Pages> copies;

    /** What may be NULL, copied. */
    const float* keep(const float* values, int64_t count) {
        if (!values) return nullptr;
        char* copy = copies.emplace_back(count * sizeof(float)).data();
        std::memcpy(copy, values, count * sizeof(float));
        return reinterpret_cast<const float*>(copy);
    }
    fn::Weights keep(const float* weights, int64_t rows, int64_t columns, const float* bias = nullptr) {
        return {keep(weights, rows * columns), keep(bias, rows)};
    }
};

struct fn_program {
    fn::Program program;
    std::atomic<bool> running{false};
};

namespace {

using fn::fail;

/** More than any network has; products of three of them fit 64 bits. */
constexpr int32_t max_channels = 1 << 16;
constexpr int32_t max_kernel = 64;
constexpr int32_t max_threads = 1024;

bool in_range(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

fn_status check_channels(const char* what, int32_t channels, int32_t most = max_channels) {
    if (in_range(channels, 1, most)) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "%s is %d, expected 1 to %d", what, channels, most);
}

fn_status check_pointer(const char* what, const void* pointer) {
    return pointer ? FN_OK : fail(FN_INVALID_ARGUMENT, "%s is NULL", what);
}

fn_status check_activation(int32_t activation) {
    if (in_range(activation, FN_NONE, FN_GELU)) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "there is no activation %d", activation);
}

/** Whether a layer may follow: a first one (reads_pixels), or one that needs a layer before it. */
fn_status check_place(const fn_model* m, bool reads_pixels) {
    if (!m) return check_pointer("model", m);
    const fn::Model& model = *m->model;
    if (model.finished()) return fail(FN_INVALID_ARGUMENT, "the model is finished: no layer can be added");
    if (!reads_pixels && model.layers().empty()) return fail(FN_INVALID_ARGUMENT, "the first layer must read pixels");
    for (const fn::Layer& layer : model.layers()) {
        const bool first = std::holds_alternative<fn::PixelConv>(layer);
        if (reads_pixels && !first) return fail(FN_INVALID_ARGUMENT, "a layer that reads pixels must be the first");
    }
    return FN_OK;
}

fn_status check_touched(const fn::Model& model, int32_t partial) {
    const fn_status status = check_channels("partial", partial, model.channels());
    if (status != FN_OK) return status;
    if (model.touched() == 0 || model.touched() == partial) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "partial is %d, but the layers before convolve %d channels of the same tensor",
                partial, model.touched());
}

/** The first of the statuses that is not FN_OK. Later checks may rely on earlier ones, so they are functions. */
fn_status first_failure() { return FN_OK; }
template <class Check, class... Checks>
fn_status first_failure(const Check& check, const Checks&... checks) {
    const fn_status status = check();
    return status != FN_OK ? status : first_failure(checks...);
}

/** Appends a layer if all checks pass. */
template <class MakeLayer, class... Checks>
fn_status add_layer(fn_model* m, bool reads_pixels, const MakeLayer& make, const Checks&... checks) {
    return fn::guarded([&] {
        const fn_status status = first_failure([&] { return check_place(m, reads_pixels); }, checks...);
        if (status == FN_OK) m->model->add(make(*m->model));
        return status;
    });
}

fn::Activation activation_of(int32_t a) { return static_cast<fn::Activation>(a); }

bool reads(const fn::Model& model, int32_t layout) {
    for (const fn::Layer& layer : model.layers()) {
        if (std::holds_alternative<fn::Input>(layer) && layout != FN_NHWC_U8) return true;
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
    if (row_bytes < dense || row_bytes % value != 0 || src % value != 0)
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

}  // namespace

fn_status fn_model_create(int32_t precision, int32_t isa, fn_model** model) {
    return fn::guarded([&] {
        if (!model) return check_pointer("model", model);
        if (!in_range(precision, FN_F32, FN_BF16))
            return fail(FN_INVALID_ARGUMENT, "there is no precision %d", precision);
        if (!in_range(isa, 0, fn::isa_count - 1)) return fail(FN_INVALID_ARGUMENT, "there is no ISA number %d", isa);
        // By name: refuses what this CPU cannot run.
        const fn_status status =
            fn::select_isa(fn::isas[isa].name, std::getenv("FASTERNET_MAX_ISA"), fn_cpu_features(), &isa);
        if (status != FN_OK) return status;
        const fn::Kernels* kernels = fn::find_kernels(isa, static_cast<fn::Precision>(precision));
        if (!kernels) return fail(FN_UNSUPPORTED, "ISA %s has no bf16 kernels; f32 works", fn::isas[isa].name);
        *model = new fn_model{std::make_shared<fn::Model>(isa, static_cast<fn::Precision>(precision), *kernels), {}};
        return FN_OK;
    });
}

fn_status fn_model_add_input(fn_model* model, int32_t channels) {
    return add_layer(
        model, true, [&](const fn::Model&) { return fn::Input{channels}; },
        [&] {
            return model->model->layers().empty()
                       ? FN_OK
                       : fail(FN_INVALID_ARGUMENT, "the input must be the only layer that reads pixels");
        },
        [&] { return check_channels("channels", channels); });
}

fn_status fn_model_add_pixel_conv(fn_model* model, int32_t layout, int32_t in_channels, int32_t channels,
                                  int32_t kernel, const float* weights, const float* bias) {
    return add_layer(
        model, true,
        [&](const fn::Model&) {
            const int64_t depth = int64_t{in_channels} * kernel * kernel;
            return fn::PixelConv{static_cast<fn::PixelLayout>(layout), in_channels, channels, kernel,
                                 model->keep(weights, channels, depth, bias), {}};
        },
        [&] {
            return in_range(layout, FN_NCHW_F32, FN_NHWC_U8)
                       ? FN_OK
                       : fail(FN_INVALID_ARGUMENT, "there is no layout %d", layout);
        },
        [&] { return check_channels("in_channels", in_channels); },
        [&] { return check_channels("channels", channels); },
        [&] { return check_channels("kernel", kernel, max_kernel); }, [&] { return check_pointer("weights", weights); },
        [&] {
            for (const fn::Layer& layer : model->model->layers()) {
                const fn::PixelConv& other = std::get<fn::PixelConv>(layer);
                if (other.layout == static_cast<fn::PixelLayout>(layout))
                    return fail(FN_INVALID_ARGUMENT, "the model has a first layer for layout %d already", layout);
                if (other.channels != channels || other.in_channels != in_channels || other.kernel != kernel)
                    return fail(FN_INVALID_ARGUMENT,
                                "first layers differ: %d to %d channels, kernel %d, and %d to %d channels, kernel %d",
                                other.in_channels, other.channels, other.kernel, in_channels, channels, kernel);
            }
            return FN_OK;
        });
}

fn_status fn_model_add_patch_conv(fn_model* model, int32_t channels, int32_t kernel, const float* weights,
                                  const float* bias) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            const int64_t depth = int64_t{m.channels()} * kernel * kernel;
            return fn::PatchConv{m.channels(), channels, kernel, model->keep(weights, channels, depth, bias), {}};
        },
        [&] { return check_channels("channels", channels); },
        [&] { return check_channels("kernel", kernel, max_kernel); },
        [&] { return check_pointer("weights", weights); });
}

fn_status fn_model_add_block(fn_model* model, int32_t partial, int32_t hidden, int32_t activation, const float* conv,
                             const float* expand, const float* expand_bias, const float* project) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::Block{m.channels(),
                             partial,
                             hidden,
                             activation_of(activation),
                             model->keep(conv, partial, int64_t{partial} * 9),
                             model->keep(expand, hidden, m.channels(), expand_bias),
                             model->keep(project, m.channels(), hidden),
                             {},
                             {},
                             {}};
        },
        [&] { return check_touched(*model->model, partial); }, [&] { return check_channels("hidden", hidden); },
        [&] { return check_activation(activation); }, [&] { return check_pointer("conv", conv); },
        [&] { return check_pointer("expand", expand); }, [&] { return check_pointer("project", project); });
}

fn_status fn_model_add_partial_conv(fn_model* model, int32_t partial, const float* weights) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::PartialConv{m.channels(), partial, model->keep(weights, partial, int64_t{partial} * 9), {}};
        },
        [&] { return check_touched(*model->model, partial); }, [&] { return check_pointer("weights", weights); });
}

fn_status fn_model_add_pointwise(fn_model* model, int32_t channels, int32_t activation, int32_t residual,
                                 const float* weights, const float* bias) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::Pointwise{m.channels(), channels, activation_of(activation), residual != 0,
                                 model->keep(weights, channels, m.channels(), bias), {}};
        },
        [&] { return check_channels("channels", channels); }, [&] { return check_activation(activation); },
        [&] { return check_pointer("weights", weights); },
        [&] {
            if (!residual || channels == model->model->channels()) return FN_OK;
            return fail(FN_INVALID_ARGUMENT, "a residual needs as many channels as before: %d, not %d",
                        model->model->channels(), channels);
        });
}

fn_status fn_model_add_pool(fn_model* model) {
    return add_layer(model, false, [](const fn::Model& m) { return fn::Pool{m.channels()}; });
}

fn_status fn_model_add_output(fn_model* model, int32_t layout, int32_t write, const float* scale,
                              const float* shift) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            fn::Output output{m.channels(), static_cast<fn::PixelLayout>(layout), static_cast<fn::Write>(write), {}, {}};
            if (scale) {
                output.scale.assign(scale, scale + m.channels());
                output.shift.assign(m.channels(), 0);
                if (shift) output.shift.assign(shift, shift + m.channels());
            }
            return output;
        },
        [&] {
            return in_range(layout, FN_NCHW_F32, FN_NHWC_BF16) && layout != FN_NHWC_U8
                       ? FN_OK
                       : fail(FN_INVALID_ARGUMENT, "layout %d is none of an output", layout);
        },
        [&] {
            return in_range(write, FN_STORE, FN_STORE_TOUCHED)
                       ? FN_OK
                       : fail(FN_INVALID_ARGUMENT, "there is no fn_write %d", write);
        });
}

fn_status fn_model_finish(fn_model* model) {
    return fn::guarded([&] {
        if (!model) return check_pointer("model", model);
        for (const fn::Layer& layer : model->model->layers()) {
            if (!std::holds_alternative<fn::Output>(layer)) continue;
            if (!model->model->finished()) model->model->finish();
            model->copies.clear();
            return FN_OK;
        }
        return fail(FN_INVALID_ARGUMENT, "the model has no output");
    });
}

int64_t fn_model_packed_bytes(const fn_model* model) { return static_cast<int64_t>(model->model->packed_bytes()); }

void fn_model_destroy(fn_model* model) { delete model; }

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
        if (!in_range(threads, 1, max_threads))
            return fail(FN_INVALID_ARGUMENT, "threads is %d, expected 1 to %d", threads, max_threads);
        if (spin_us < 0) return fail(FN_INVALID_ARGUMENT, "spin_us is %d, expected 0 or more", spin_us);
        const fn_status status = first_failure([&] { return check_sizes(m, images, height, width); },
                                               [&] { return fn::require_workers(threads); });
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
        if (program->running.exchange(true, std::memory_order_acquire))
            return fail(FN_INVALID_ARGUMENT, "the program runs already, in another thread");
        program->program.run(reinterpret_cast<const void*>(src), src_row_bytes, reinterpret_cast<const int64_t*>(dst));
        program->running.store(false, std::memory_order_release);
        return FN_OK;
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

void fn_program_destroy(fn_program* program) { delete program; }
