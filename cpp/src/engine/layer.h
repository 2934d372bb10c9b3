#pragma once

#include "kernel/elements.h"

#include <array>
#include <variant>
#include <vector>

/**
 * What a network is made of: a chain of layers, each on the result of the one before. Weights are packed when the model
 * is finished.
 */
namespace fn {

/** How pixels lie in the caller's memory. */
enum class PixelLayout : int32_t { nchw_f32, nhwc_f32, nhwc_u8, nhwc_bf16 };

/** How dense pixels of a precision's elements lie, channels last. */
constexpr PixelLayout dense_layout(Precision precision) {
#define FN_ELEMENT_ROW(name, type, layout) PixelLayout::layout,
    constexpr PixelLayout layouts[] = {FN_FOR_EACH_ELEMENT(FN_ELEMENT_ROW)};
#undef FN_ELEMENT_ROW
    return layouts[static_cast<int>(precision)];
}

/** What a layout's values are stored as. */
constexpr Precision element_of(PixelLayout layout) {
    int i = element_count - 1;
    while (i > 0 && dense_layout(static_cast<Precision>(i)) != layout) i--;
    return static_cast<Precision>(i);  // planes are f32
}

constexpr int64_t value_bytes(PixelLayout layout) {
    return bytes_of(element_of(layout));
}

/** What becomes of the caller's memory: fn_write. */
enum class Write : int32_t { store, add, store_touched };

/** How an int8 model's sums become 8 bits: see Requantization. As long as the model. */
struct Quantization {
    std::vector<int32_t> bias;  // per channel
    std::vector<float> scale;   // per channel, padded to whole vectors
    std::vector<uint8_t> table;
    float residual_scale;
    int32_t zero_point;  // dequantize: results are f32

    static constexpr int32_t dequantize = -1;

    Requantization requantization() const {
        return {scale.data(), residual_scale, zero_point, table.empty() ? nullptr : table.data()};
    }
};

/** A matrix as the caller gave it, in rows of PyTorch's order; needed until it is packed. */
struct Weights {
    const float* values = nullptr;
    const float* bias = nullptr;  // nullptr: zeros
    /** Of an int8 model, whose `values` are whole numbers and whose bias is there. */
    const Quantization* quantization = nullptr;
};

/**
 * The weights of a 3x3 convolution, a matrix for each point of Winograd's transform; or only the first, if it is computed as it is
 * defined.
 */
using ConvMatrices = std::array<PackedMatrix, winograd_points>;

/** Takes the caller's pixels as they are. */
struct Input {
    int32_t channels;
    int32_t zero_point;  // of 8 bits
};

/**
 * kernel x kernel convolution at stride kernel of the caller's pixels. A model has one for each layout it can be run
 * on.
 */
struct PixelConv {
    PixelLayout layout;
    int32_t in_channels, channels, kernel;
    Scale src;  // what f32 pixels become in int8
    Weights weights;
    PackedMatrix matrix;
};

/** kernel x kernel convolution at stride kernel of the tensor before. */
struct PatchConv {
    int32_t in_channels, channels, kernel;
    Weights weights;
    PackedMatrix matrix;
};

/** x + project(activation(expand([conv3x3(x1), x2]))), x1 the first `partial` channels of x and x2 the others. */
struct Block {
    int32_t channels, partial, hidden;
    Activation activation;
    Weights conv_weights, expand_weights, project_weights;
    ConvMatrices conv;
    PackedMatrix expand, project;
};

/** [conv3x3(x1), x2] */
struct PartialConv {
    int32_t channels, partial;
    Weights weights;
    ConvMatrices conv;
};

/** activation(weights * x + bias) at every pixel; plus x if residual. */
struct Pointwise {
    int32_t in_channels, channels;
    Activation activation;
    bool residual;
    Weights weights;
    PackedMatrix matrix;
};

/** The mean over all pixels of an image. */
struct Pool {
    int32_t channels;
    const Quantization* quantization;  // in int8
};

/** Hands x * scale + shift to the caller. */
struct Output {
    int32_t channels;
    PixelLayout layout;
    Write write;
    std::vector<float> scale, shift;
};

using Layer = std::variant<Input, PixelConv, PatchConv, Block, PartialConv, Pointwise, Pool, Output>;

/** How a layer's result is quantized; nullptr if it is not, or as what it changes. */
inline const Quantization* quantization_of(const Layer& layer) {
    if (const Pool* pool = std::get_if<Pool>(&layer)) return pool->quantization;
    if (const PixelConv* conv = std::get_if<PixelConv>(&layer)) return conv->weights.quantization;
    if (const PatchConv* conv = std::get_if<PatchConv>(&layer)) return conv->weights.quantization;
    if (const Pointwise* pointwise = std::get_if<Pointwise>(&layer)) return pointwise->weights.quantization;
    return nullptr;
}

inline int32_t channels_of(const Layer& layer) {
    return std::visit([](const auto& l) { return l.channels; }, layer);
}

}  // namespace fn
