#include "engine/plain_steps.h"

#include <cmath>

namespace fn {

namespace {

/** One of the two parts of a tensor. */
template <class Element>
struct Channels {
    Element* data;
    int32_t begin, end;  // its channels
    int32_t stride;      // from one pixel to the next
    bool touched;

    Element* pixel(const Tensor& t, int64_t image, int32_t y, int32_t x) const {
        return data + (touched ? t.touched_offset(image, y, x) : t.pixel(image, y, x) * stride);
    }
};

/** Calls visit(Channels) for both parts, with the tensor's type of elements. */
template <class Bytes, class Visit>
void for_each_part(const Tensor& t, int32_t current, Bytes* rest, const Visit& visit) {
    if (t.split > 0) {
        with_elements(t.element, static_cast<Bytes*>(t.touched[current]), [&](auto* values) {
            visit(Channels<std::remove_pointer_t<decltype(values)>>{values, 0, t.split, t.touched_stride, true});
        });
    }
    if (t.split < t.channels) {
        with_elements(t.element, rest, [&](auto* values) {
            visit(Channels<std::remove_pointer_t<decltype(values)>>{values, t.split, t.channels, t.rest_stride, false});
        });
    }
}

/** Distances between neighbours in the caller's dense pixels, in values. */
struct DenseStrides {
    int64_t image, pixel, channel;

    DenseStrides(PixelLayout layout, const Tensor& t) {
        const int64_t pixels = int64_t{t.height} * t.width;
        const bool planes = layout == PixelLayout::nchw_f32;
        image = t.channels * pixels;
        pixel = planes ? 1 : t.channels;
        channel = planes ? pixels : 1;
    }
};

/** Of neighbours in memory on both sides, unlike in the general loops: this one becomes vector moves. */
template <class Src, class Dst>
void copy_channels(const Src* __restrict src, Dst* __restrict dst, int32_t count) {
    for (int32_t c = 0; c < count; c++) {
        if constexpr (std::is_same_v<Src, Dst>) {
            dst[c] = src[c];
        } else {
            store_element(to_f32(src[c]), dst + c);
        }
    }
}

/** Calls visit(image, y) for the image rows of a piece. */
template <class Visit>
void for_each_image_row(const Tensor& t, const Piece& piece, const Visit& visit) {
    for (int64_t row = piece.row_begin; row < piece.row_end; row++)
        visit(row / t.height, static_cast<int32_t>(row % t.height));
}

/** fn_model_quantize's arithmetic for a mean. */
float requantize(float mean, int32_t channel, const Quantization& q) {
    const float value = (mean + static_cast<float>(q.bias[channel])) * q.scale[channel];
    const float least = static_cast<float>(-q.zero_point), most = static_cast<float>(255 - q.zero_point);
    return std::nearbyint(std::min(std::max(value, least), most)) + static_cast<float>(q.zero_point);
}

Grid image_rows(const StepContext& context, const Tensor& t) { return cut(t.images * t.height, 1, context.threads, 8); }

}  // namespace

std::unique_ptr<Step> input_step(const StepContext& context, const PixelShape& src, const Tensor& dst) {
    const DenseStrides strides(src.layout, dst);
    return std::make_unique<PieceStep>(
        "input", dst, 0, image_rows(context, dst), ScratchNeeds{},
        [=, &dst](const Piece& piece, Scratch&, const Call& call) {
            for_each_image_row(dst, piece, [&](int64_t image, int32_t y) {
                const int64_t planes = strides.pixel == 1 ? dst.channels : 1;
                const int64_t src_row = (call.first_image + image) * planes * dst.height + y;
                const int64_t plane = strides.pixel == 1 ? dst.height * call.src_row_bytes / value_bytes(src.layout) : 1;
                const char* const values = static_cast<const char*>(call.src) + src_row * call.src_row_bytes;
                with_elements(element_of(src.layout), values, [&](const auto* row) {
                    for_each_part(dst, 0, dst.rest, [&](const auto& part) {
                        if (dst.in_source && !part.touched) return;
                        for (int32_t x = 0; x < dst.width; x++) {
                            auto* pixel = part.pixel(dst, image, y, x) - part.begin;
                            if (strides.channel == 1) {
                                copy_channels(row + x * strides.pixel + part.begin, pixel + part.begin,
                                              part.end - part.begin);
                                continue;
                            }
                            for (int32_t c = part.begin; c < part.end; c++) {
                                store_element(to_f32(row[x * strides.pixel + c * plane]), pixel + c);
                            }
                        }
                    });
                });
            });
        });
}

std::unique_ptr<Step> pool_step(
    const StepContext& context, const Pool& layer, const Tensor& src, int32_t current, const Tensor& dst) {
    // A piece is some channels of one image: the sum over pixels keeps its order whoever does it.
    constexpr int32_t chunk = 32;
    const int32_t chunks = (src.channels + chunk - 1) / chunk;
    return std::make_unique<PieceStep>(
        "average pool", dst, 0, cut(src.images * chunks, 1, context.threads, 1), ScratchNeeds{},
        [=, &layer, &src, &dst](const Piece& piece, Scratch&, const Call& call) {
            const int64_t image = piece.row_begin / chunks;
            const int32_t first = static_cast<int32_t>(piece.row_begin % chunks) * chunk;
            const int32_t last = std::min(first + chunk, src.channels);
            float sums[chunk] = {};  // of 8 bits exact, up to 2^16 pixels
            for_each_part(src, current, rest_of(src, call), [&](const auto& part) {
                const int32_t begin = std::max(first, part.begin), end = std::min(last, part.end);
                if (begin >= end) return;
                for (int32_t y = 0; y < src.height; y++) {
                    const auto* pixel = part.pixel(src, image, y, 0) - part.begin;
                    for (int32_t x = 0; x < src.width; x++, pixel += part.stride) {
                        for (int32_t c = begin; c < end; c++) sums[c - first] += to_f32(pixel[c]);
                    }
                }
            });
            const float pixels = static_cast<float>(src.height * src.width);
            for_each_part(dst, 0, result_of(dst, call), [&](const auto& part) {
                auto* pixel = part.pixel(dst, image, 0, 0);
                for (int32_t c = std::max(first, part.begin); c < std::min(last, part.end); c++) {
                    float mean = sums[c - first] / pixels;
                    if (layer.quantization) mean = requantize(mean, c, *layer.quantization);
                    store_element(mean, pixel + (c - part.begin));
                }
            });
        });
}

std::unique_ptr<Step> output_step(const StepContext& context, const Output& layer, int32_t index, const Tensor& src,
                                  int32_t current) {
    const DenseStrides strides(layer.layout, src);
    const bool plain = strides.channel == 1 && layer.scale.empty() && layer.write != Write::add;
    return std::make_unique<PieceStep>(
        "output", src, 0, image_rows(context, src), ScratchNeeds{},
        [=, &layer, &src](const Piece& piece, Scratch&, const Call& call) {
            const bool in_place = src.in_source && reinterpret_cast<const void*>(call.dst[index]) == call.src;
            const bool touched_only = layer.write == Write::store_touched || (plain && in_place);
            for_each_image_row(src, piece, [&](int64_t image, int32_t y) {
                const int64_t offset = (call.first_image + image) * strides.image + int64_t{y} * src.width * strides.pixel;
                char* const dst = reinterpret_cast<char*>(call.dst[index]) + offset * value_bytes(layer.layout);
                with_elements(element_of(layer.layout), dst, [&](auto* row) {
                    for_each_part(src, current, rest_of(src, call), [&](const auto& part) {
                        if (touched_only && !part.touched) return;
                        for (int32_t x = 0; x < src.width; x++) {
                            const auto* pixel = part.pixel(src, image, y, x) - part.begin;
                            if (plain) {
                                copy_channels(pixel + part.begin, row + x * strides.pixel + part.begin,
                                              part.end - part.begin);
                                continue;
                            }
                            for (int32_t c = part.begin; c < part.end; c++) {
                                auto* value = row + x * strides.pixel + c * strides.channel;
                                float result = to_f32(pixel[c]);
                                if (!layer.scale.empty()) result = result * layer.scale[c] + layer.shift[c];
                                if (layer.write == Write::add) result += to_f32(*value);
                                store_element(result, value);
                            }
                        }
                    });
                });
            });
        });
}

}  // namespace fn
