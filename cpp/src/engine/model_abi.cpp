#include "engine/abi.h"
#include "isa.h"

#include <cfloat>
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

fn_status check_int8(const fn_model* m) {
    if (!m) return check_pointer("model", m);
    return m->model->precision() == fn::Precision::int8
               ? FN_OK
               : fail(FN_INVALID_ARGUMENT, "the model's precision is %s, expected int8", fn::name_of(m->model->precision()));
}

fn_status check_zero(int32_t zero_point, bool dequantizing) {
    if (dequantizing || in_range(zero_point, 0, 255)) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "zero_point is %d, expected 0 to 255", zero_point);
}

fn_status check_scale(const char* what, float scale, double least, double most) {
    if (scale >= least && scale <= most) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "%s is %g, expected %g to %g", what, static_cast<double>(scale), least, most);
}

/** How many matrices of which sizes a layer has; in int8 as many quantizations must be pending. */
fn_status check_quantized(const fn::Model& model, std::initializer_list<int32_t> channels) {
    const bool int8 = model.precision() == fn::Precision::int8;
    for (const fn::Layer& layer : model.layers()) {
        const fn::Quantization* quantization = fn::quantization_of(layer);
        if (quantization && quantization->zero_point == FN_DEQUANTIZE)
            return fail(FN_INVALID_ARGUMENT, "a layer behind FN_DEQUANTIZE: its result is f32, and for the caller alone");
    }
    const int32_t expected = int8 ? static_cast<int32_t>(channels.size()) : 0;
    if (model.pending() != expected)
        return fail(FN_INVALID_ARGUMENT, "fn_model_quantize was called %d times, expected %d for this layer",
                    model.pending(), expected);
    for (int32_t i = 0; i < expected; i++) {
        const int32_t given = static_cast<int32_t>(model.pending(i)->bias.size()), wanted = channels.begin()[i];
        if (given != wanted)
            return fail(FN_INVALID_ARGUMENT, "fn_model_quantize was given %d channels, the layer's matrix has %d", given,
                        wanted);
    }
    return FN_OK;
}

/** In int8, a matrix's weights are whole numbers of 8 bits, and bias and activation are the quantization's. */
fn_status check_whole(const fn::Model& model, const float* weights, int64_t count, const float* bias,
                      int32_t activation) {
    if (model.precision() != fn::Precision::int8) return FN_OK;
    if (bias || activation != FN_NONE)
        return fail(FN_INVALID_ARGUMENT, "in int8 a layer's bias and activation are those of fn_model_quantize");
    for (int64_t i = 0; i < count; i++) {
        if (!(weights[i] >= -127 && weights[i] <= 127) || weights[i] != static_cast<float>(static_cast<int>(weights[i])))
            return fail(FN_INVALID_ARGUMENT, "weight %lld is %g, expected a whole number from -127 to 127",
                        static_cast<long long>(i), static_cast<double>(weights[i]));
    }
    return FN_OK;
}

/** What is changed or added to keeps its zero point. */
fn_status check_zero_point(const fn::Model& model, const fn::Quantization* quantization) {
    if (!quantization) return FN_OK;
    if (quantization->zero_point != model.zero_point())
        return fail(FN_INVALID_ARGUMENT, "the zero point is %d, expected %d: that of what is changed", quantization->zero_point,
                    model.zero_point());
    if (!quantization->table.empty())
        return fail(FN_INVALID_ARGUMENT, "a layer that adds to what it reads has no table in int8");
    return FN_OK;
}

fn_status check_stays_int8(const fn::Quantization* quantization) {
    if (!quantization || quantization->zero_point != FN_DEQUANTIZE) return FN_OK;
    return fail(FN_INVALID_ARGUMENT, "FN_DEQUANTIZE is for a pointwise layer without a residual or a table");
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

fn_status fn_model_quantize(fn_model* model, int32_t channels, const int32_t* bias, const float* scale,
                            float residual_scale, int32_t zero_point, const uint8_t* table) {
    return fn::guarded([&] {
        const bool dequantize = zero_point == FN_DEQUANTIZE;
        const fn_status status = first_failure(
            [&] { return check_int8(model); }, [&] { return check_channels("channels", channels); },
            [&] { return check_pointer("bias", bias); }, [&] { return check_pointer("scale", scale); },
            [&] { return check_zero(zero_point, dequantize && !table); },
            [&] { return check_scale("residual_scale", residual_scale, 0, 1 << 16); });
        if (status != FN_OK) return status;
        for (int32_t c = 0; c < channels; c++) {
            const fn_status scaled = check_scale("scale", scale[c], 0, dequantize ? FLT_MAX : 0.5);
            if (scaled != FN_OK) return scaled;
        }
        fn::Quantization quantization{
            {bias, bias + channels}, {scale, scale + channels}, {}, residual_scale, zero_point};
        if (table) quantization.table.assign(table, table + 256);
        model->model->quantize(std::move(quantization));
        return FN_OK;
    });
}

fn_status fn_model_quantize_src(fn_model* model, float inverse_scale, int32_t zero_point) {
    return fn::guarded([&] {
        const fn_status status = first_failure(
            [&] { return check_int8(model); }, [&] { return check_zero(zero_point, false); },
            [&] { return check_scale("inverse_scale", inverse_scale, FLT_MIN, FLT_MAX); },
            [&] {
                return model->model->layers().empty()
                           ? FN_OK
                           : fail(FN_INVALID_ARGUMENT, "fn_model_quantize_src comes before the first layer");
            });
        if (status == FN_OK) model->model->quantize_src({inverse_scale, zero_point});
        return status;
    });
}

fn_status fn_model_add_input(fn_model* model, int32_t channels) {
    return add_layer(
        model, true, [&](const fn::Model& m) { return fn::Input{channels, m.src().zero_point}; },
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
        [&](const fn::Model& m) {
            return fn::PixelConv{static_cast<fn::PixelLayout>(layout), in_channels, channels, kernel, m.src(),
                                 {weights, bias, m.pending(0)}, {}};
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
        },
        [&] { return check_quantized(*model->model, {channels}); },
        [&] { return check_stays_int8(model->model->pending(0)); },
        [&] {
            return check_whole(*model->model, weights, int64_t{channels} * in_channels * kernel * kernel, bias, FN_NONE);
        });
}

fn_status fn_model_add_patch_conv(fn_model* model, int32_t channels, int32_t kernel, const float* weights,
                                  const float* bias) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::PatchConv{m.channels(), channels, kernel, {weights, bias, m.pending(0)}, {}};
        },
        [&] { return check_channels("channels", channels); },
        [&] { return check_channels("kernel", kernel, max_kernel); },
        [&] { return check_pointer("weights", weights); },
        [&] { return check_quantized(*model->model, {channels}); },
        [&] { return check_stays_int8(model->model->pending(0)); },
        [&] {
            return check_whole(*model->model, weights, int64_t{channels} * model->model->channels() * kernel * kernel, bias,
                               FN_NONE);
        });
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
                             {conv, nullptr, m.pending(0)},
                             {expand, expand_bias, m.pending(1)},
                             {project, nullptr, m.pending(2)},
                             {},
                             {},
                             {}};
        },
        [&] { return check_touched(*model->model, partial); }, [&] { return check_channels("hidden", hidden); },
        [&] { return check_activation(activation); }, [&] { return check_pointer("conv", conv); },
        [&] { return check_pointer("expand", expand); }, [&] { return check_pointer("project", project); },
        [&] { return check_quantized(*model->model, {partial, hidden, model->model->channels()}); },
        [&] { return check_zero_point(*model->model, model->model->pending(0)); },
        [&] { return check_stays_int8(model->model->pending(1)); },
        [&] { return check_zero_point(*model->model, model->model->pending(2)); },
        [&] { return check_whole(*model->model, conv, int64_t{9} * partial * partial, nullptr, FN_NONE); },
        [&] {
            return check_whole(*model->model, expand, int64_t{hidden} * model->model->channels(), expand_bias, activation);
        },
        [&] { return check_whole(*model->model, project, int64_t{hidden} * model->model->channels(), nullptr, FN_NONE); });
}

fn_status fn_model_add_partial_conv(fn_model* model, int32_t partial, const float* weights) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) { return fn::PartialConv{m.channels(), partial, {weights, nullptr, m.pending(0)}, {}}; },
        [&] { return check_touched(*model->model, partial); }, [&] { return check_pointer("weights", weights); },
        [&] { return check_quantized(*model->model, {partial}); },
        [&] { return check_zero_point(*model->model, model->model->pending(0)); },
        [&] { return check_whole(*model->model, weights, int64_t{9} * partial * partial, nullptr, FN_NONE); });
}

fn_status fn_model_add_pointwise(fn_model* model, int32_t channels, int32_t activation, int32_t residual,
                                 const float* weights, const float* bias) {
    return add_layer(
        model, false,
        [&](const fn::Model& m) {
            return fn::Pointwise{m.channels(), channels, activation_of(activation), residual != 0,
                                 {weights, bias, m.pending(0)}, {}};
        },
        [&] { return check_channels("channels", channels); }, [&] { return check_activation(activation); },
        [&] { return check_pointer("weights", weights); },
        [&] {
            if (!residual || channels == model->model->channels()) return FN_OK;
            return fail(FN_INVALID_ARGUMENT, "a residual needs as many channels as before: %d, not %d",
                        model->model->channels(), channels);
        },
        [&] { return check_quantized(*model->model, {channels}); },
        [&] { return residual ? check_zero_point(*model->model, model->model->pending(0)) : FN_OK; },
        [&] {
            return check_whole(*model->model, weights, int64_t{channels} * model->model->channels(), bias, activation);
        });
}

fn_status fn_model_add_pool(fn_model* model) {
    return add_layer(
        model, false, [](const fn::Model& m) { return fn::Pool{m.channels(), m.pending(0)}; },
        [&] { return check_quantized(*model->model, {model->model->channels()}); },
        [&] { return check_stays_int8(model->model->pending(0)); });
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
            const bool int8 = model->model->precision() == fn::Precision::int8;
            return in_range(layout, FN_NCHW_F32, FN_NHWC_BF16) && (layout != FN_NHWC_U8 || (int8 && !scale))
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
