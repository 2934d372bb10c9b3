#include "engine/abi.h"
#include "isa.h"

#include <cstdlib>

namespace {

using fn::check_pointer;
using fn::fail;
using fn::first_failure;
using fn::in_range;

/** More than any network has; products of three of them fit 64 bits. */
constexpr int32_t max_channels = 1 << 16;
constexpr int32_t max_kernel = 64;

fn_status check_channels(const char* what, int32_t channels, int32_t most = max_channels) {
    if (in_range(channels, 1, most)) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "%s is %d, expected 1 to %d", what, channels, most);
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

}  // namespace

fn_status fn_model_create(int32_t precision, int32_t isa, int32_t threads, fn_model** model) {
    return fn::guarded([&] {
        if (!model) return check_pointer("model", model);
        if (!in_range(precision, 0, fn::element_count - 1))
            return fail(FN_INVALID_ARGUMENT, "there is no precision %d", precision);
        if (!in_range(isa, 0, fn::isa_count - 1)) return fail(FN_INVALID_ARGUMENT, "there is no ISA number %d", isa);
        // By name: refuses what this CPU cannot run.
        const fn_status status = first_failure(
            [&] {
                return fn::select_isa(fn::isas[isa].name, std::getenv("FASTERNET_MAX_ISA"), fn_cpu_features(), &isa);
            },
            [&] { return fn::check_threads(threads); });
        if (status != FN_OK) return status;
        const fn::Precision element = static_cast<fn::Precision>(precision);
        const fn::Kernels* kernels = fn::find_kernels(isa, element);
        if (!kernels) {
            return fail(FN_UNSUPPORTED, "ISA %s has no %s kernels; f32 works", fn::isas[isa].name, fn::name_of(element));
        }
        *model = new fn_model{std::make_shared<fn::Model>(isa, element, *kernels, threads)};
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
            return fn::PixelConv{
                static_cast<fn::PixelLayout>(layout), in_channels, channels, kernel, {weights, bias}, {}};
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
        [&](const fn::Model& m) { return fn::PatchConv{m.channels(), channels, kernel, {weights, bias}, {}}; },
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
                             {conv, nullptr},
                             {expand, expand_bias},
                             {project, nullptr},
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
        [&](const fn::Model& m) { return fn::PartialConv{m.channels(), partial, {weights, nullptr}, {}}; },
        [&] { return check_touched(*model->model, partial); }, [&] { return check_pointer("weights", weights); });
}

fn_status fn_model_add_pointwise(fn_model* model, int32_t channels, int32_t activation, int32_t residual,
                                 const float* weights, const float* bias) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::Pointwise{m.channels(), channels, activation_of(activation), residual != 0,
                                 {weights, bias}, {}};
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
            return FN_OK;
        }
        return fail(FN_INVALID_ARGUMENT, "the model has no output");
    });
}

int64_t fn_model_packed_bytes(const fn_model* model) { return static_cast<int64_t>(model->model->packed_bytes()); }

void fn_model_destroy(fn_model* model) { delete model; }
