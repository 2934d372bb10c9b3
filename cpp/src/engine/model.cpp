#include "engine/model.h"

#include "engine/carver.h"
#include "engine/pack.h"
#include "engine/threads.h"

#include <algorithm>
#include <atomic>
#include <functional>

namespace fn {

namespace {

template <class... Cases>
struct Overload : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overload(Cases...) -> Overload<Cases...>;

/** A row of G, by its number, times (a, b, c). */
double winograd_row(int32_t row, double a, double b, double c) {
    switch (row) {
        case 0: return a;
        case 1: return (a + b + c) / 2;
        case 2: return (a - b + c) / 2;
        default: return c;
    }
}

/** G g G' of 3x3 weights at one point. */
float winograd_weight(const float* g, int32_t point) {
    const int32_t row = point / 4;
    return static_cast<float>(winograd_row(point % 4, winograd_row(row, g[0], g[3], g[6]),
                                           winograd_row(row, g[1], g[4], g[7]), winograd_row(row, g[2], g[5], g[8])));
}

/** A tensor's channels as segments of K: the touched ones, then the others. */
std::vector<SegmentShape> channel_segments(int32_t channels, int32_t split) {
    std::vector<SegmentShape> segments;
    if (split > 0) segments.push_back({1, split});
    if (split < channels) segments.push_back({1, channels - split});
    return segments;
}

/**
 * Walks over the matrices of all layers in the order of execution, which is their order in memory: while the end of one
 * is multiplied, the beginning of the next can be fetched.
 *
 * Visit is called with (shape, weight function, weights, packed matrix).
 */
template <class Visit>
class Matrices {
public:
    Matrices(const Model& model, Visit visit) : model_(model), visit_(visit) {}

    void walk(size_t index, Layer& layer) {
        const int32_t split = index > 0 ? model_.split_after(index - 1) : 0;
        std::visit(Overload{[&](PixelConv& l) { pixel_conv(l); }, [&](PatchConv& l) { patch_conv(l, split); },
                            [&](Block& l) { block(l); }, [&](PartialConv& l) { conv3x3(l.partial, l.weights, l.conv); },
                            [&](Pointwise& l) { pointwise(l.in_channels, l.channels, split, l.weights, l.matrix); },
                            [](auto&) {}},
                   layer);
    }

private:
    /** Weights [channels][in_channels][kernel][kernel]. */
    void pixel_conv(PixelConv& l) {
        const int32_t k = l.kernel, in = l.in_channels;
        const float* w = l.weights.values;
        if (l.layout == PixelLayout::nchw_f32) {  // a segment is a row of one plane's window
            visit_(
                PackedShape{std::vector<SegmentShape>(static_cast<size_t>(in) * k, {1, k}), l.channels},
                [=](int64_t n, int32_t s, int32_t, int32_t x) { return w[((n * in + s / k) * k + s % k) * k + x]; },
                l.weights, l.matrix);
        } else {  // a row of the window, all channels
            visit_(
                PackedShape{std::vector<SegmentShape>(k, {1, k * in}), l.channels},
                [=](int64_t n, int32_t y, int32_t, int32_t c) { return w[((n * in + c % in) * k + y) * k + c / in]; },
                l.weights, l.matrix);
        }
    }

    void patch_conv(PatchConv& l, int32_t split) {
        const int32_t k = l.kernel, in = l.in_channels;
        const float* w = l.weights.values;
        PackedShape shape{{}, l.channels};
        for (const SegmentShape& s : channel_segments(in, split))
            shape.segments.insert(shape.segments.end(), k, {k, s.channels});
        visit_(
            shape,
            [=](int64_t n, int32_t s, int32_t x, int32_t c) {
                const int64_t channel = split > 0 && s < k ? c : split + c;
                return w[((n * in + channel) * k + s % k) * k + x];
            },
            l.weights, l.matrix);
    }

    void conv3x3(int32_t partial, const Weights& weights, ConvMatrices& matrix) {
        const float* w = weights.values;
        if (!model_.kernels().transform_windows) {  // a segment is a row of the window
            visit_(
                PackedShape{std::vector<SegmentShape>(3, {3, partial}), partial},
                [=](int64_t n, int32_t y, int32_t x, int32_t c) { return w[((n * partial + c) * 3 + y) * 3 + x]; },
                weights, matrix[0]);
            return;
        }
        for (int32_t point = 0; point < winograd_points; point++) {
            visit_(
                PackedShape{{{1, partial}}, partial},
                [=](int64_t n, int32_t, int32_t, int32_t c) { return winograd_weight(w + (n * partial + c) * 9, point); },
                weights, matrix[point]);
        }
    }

    void pointwise(int32_t in, int32_t channels, int32_t split, const Weights& weights, PackedMatrix& matrix) {
        const float* w = weights.values;
        visit_(
            PackedShape{channel_segments(in, split), channels},
            [=](int64_t n, int32_t s, int32_t, int32_t c) { return w[n * in + (s == 0 && split > 0 ? c : split + c)]; },
            weights, matrix);
    }

    void block(Block& l) {
        conv3x3(l.partial, l.conv_weights, l.conv);
        pointwise(l.channels, l.hidden, l.partial, l.expand_weights, l.expand);
        pointwise(l.hidden, l.channels, 0, l.project_weights, l.project);
    }

    const Model& model_;
    Visit visit_;
};

/** Packs panels, which need not wait for each other, on any number of threads. */
class Packing final : public Task {
public:
    /** @param pack packs the panel it is told */
    void add(int32_t panels, std::function<void(int32_t)> pack) {
        for (int32_t panel = 0; panel < panels; panel++) pieces_.push_back({matrices_.size(), panel});
        matrices_.push_back(std::move(pack));
    }

    void run(int32_t, int32_t) override {
        for (size_t i; (i = next_++) < pieces_.size();) matrices_[pieces_[i].matrix](pieces_[i].panel);
    }

private:
    struct Piece {
        size_t matrix;
        int32_t panel;
    };

    std::vector<std::function<void(int32_t)>> matrices_;
    std::vector<Piece> pieces_;
    std::atomic<size_t> next_{0};
};

/** Whether the layer's result is its argument's tensor, or one like it because the argument is added to it. */
bool keeps_split(const Layer& layer) {
    const Pointwise* pointwise = std::get_if<Pointwise>(&layer);
    return std::holds_alternative<Output>(layer) || (pointwise && pointwise->residual);
}

}  // namespace

void Model::add(Layer layer) {
    int32_t touched = keeps_split(layer) ? touched_ : 0;
    if (const Block* block = std::get_if<Block>(&layer)) touched = block->partial;
    if (const PartialConv* conv = std::get_if<PartialConv>(&layer)) touched = conv->partial;
    layers_.push_back(std::move(layer));
    try {
        if (!keeps_split(layers_.back())) {
            pack_known();
        } else if (Pointwise* l = std::get_if<Pointwise>(&layers_.back())) {
            // Which channels of its argument lie apart, a later layer says.
            l->weights.values = copy(l->weights.values, int64_t{l->channels} * l->in_channels);
            l->weights.bias = copy(l->weights.bias, l->channels);
        }
    } catch (...) {
        layers_.pop_back();
        throw;
    }
    touched_ = touched;
    pending_ = 0;
}

const float* Model::copy(const float* values, int64_t count) {
    return values ? copies_.emplace_back(values, values + count).data() : nullptr;
}

void Model::quantize(Quantization quantization) {
    quantization.scale.resize(round_up(static_cast<int32_t>(quantization.scale.size()), kernels_.lanes));
    quantizations_.push_back(std::move(quantization));
    pending_++;
}

const Quantization* Model::pending(int32_t index) const {
    return precision_ == Precision::int8 ? &quantizations_[quantizations_.size() - pending_ + index] : nullptr;
}

int32_t Model::zero_point() const {
    for (size_t i = layers_.size(); i-- > 0;) {
        if (const Input* input = std::get_if<Input>(&layers_[i])) return input->zero_point;
        if (const Quantization* quantization = quantization_of(layers_[i])) return quantization->zero_point;
    }
    return 0;
}

int32_t Model::source_channels() const {
    const PixelConv* conv = std::get_if<PixelConv>(&layers_.front());
    return conv ? conv->in_channels : channels_of(layers_.front());
}

void Model::find_splits() {
    splits_.assign(layers_.size(), 0);
    int32_t wanted = 0;
    for (size_t i = layers_.size(); i-- > 0;) {
        const Layer& layer = layers_[i];
        if (const Block* block = std::get_if<Block>(&layer)) wanted = block->partial;
        if (const PartialConv* conv = std::get_if<PartialConv>(&layer)) wanted = conv->partial;
        splits_[i] = wanted;
        const bool source = std::holds_alternative<Input>(layer) || std::holds_alternative<PixelConv>(layer);
        const bool in_place = std::holds_alternative<Block>(layer) || std::holds_alternative<PartialConv>(layer);
        if (!source && !in_place && !keeps_split(layer)) wanted = 0;
    }
    for (size_t i = 1; i < layers_.size(); i++) {
        if (keeps_split(layers_[i])) splits_[i] = splits_[i - 1];
    }
}

/** Layers behind the last one do not change how these read their arguments, unless they keep their arguments' splits. */
void Model::pack_known() {
    find_splits();
    for (; packed_layers_ < layers_.size(); packed_layers_++) pack(packed_layers_);
    copies_.clear();
}

/** Adds what the kernels take away from every activation. */
template <class Weight>
void Model::pack_bias(const PackedShape& shape, const Weight& weight, const Quantization& quantization, int32_t* bias) const {
    if (kernels_.src_offset == 0) {
        std::copy_n(quantization.bias.data(), shape.columns, bias);
        return;
    }
    for (int32_t n = 0; n < shape.columns; n++) {
        uint32_t sum = 0;  // without a sign: it may overflow, as the kernels' sums may
        for (size_t s = 0; s < shape.segments.size(); s++)
            for (int32_t tap = 0; tap < shape.segments[s].taps; tap++)
                for (int32_t c = 0; c < shape.segments[s].channels; c++)
                    sum += static_cast<uint32_t>(static_cast<int32_t>(weight(n, static_cast<int32_t>(s), tap, c)));
        const uint32_t offset = sum * static_cast<uint32_t>(kernels_.src_offset);
        bias[n] = static_cast<int32_t>(static_cast<uint32_t>(quantization.bias[n]) + offset);
    }
}

void Model::pack(size_t index) {
    Carver carver;
    const auto measure = [&](const PackedShape& shape, const auto&, const Weights&, PackedMatrix& matrix) {
        matrix.depth = shape.depth(kernels_.group);
        matrix.columns = shape.columns;
        const int64_t columns = shape.padded_columns(kernels_.lanes);
        carver.reserve(columns * sizeof(float));
        carver.reserve(columns * matrix.depth * element_bytes());
    };
    Matrices(*this, measure).walk(index, layers_[index]);
    char* memory = reserve(carver.bytes());

    carver = Carver();
    Packing packing;
    const auto write = [&](const PackedShape& shape, const auto& weight, const Weights& weights, PackedMatrix& matrix) {
        const int64_t columns = shape.padded_columns(kernels_.lanes);
        char* bias = memory + carver.reserve(columns * sizeof(float));
        if (weights.bias) std::copy_n(weights.bias, shape.columns, reinterpret_cast<float*>(bias));
        if (weights.quantization) {
            pack_bias(shape, weight, *weights.quantization, reinterpret_cast<int32_t*>(bias));
            matrix.requantization = weights.quantization->requantization();
        }
        char* panels = memory + carver.reserve(columns * matrix.depth * element_bytes());
        packing.add(panels_in(vectors_in(shape.columns, kernels_.lanes)), [this, shape, weight, panels](int32_t panel) {
            with_elements(precision_, panels, [&](auto* elements) {
                using Weight = typename WeightOf<std::remove_pointer_t<decltype(elements)>>::Type;
                pack_panel(shape, kernels_, weight, panel, reinterpret_cast<Weight*>(elements));
            });
        });
        matrix.bias = bias;
        matrix.panels = panels;
    };
    Matrices(*this, write).walk(index, layers_[index]);
    run_on_threads(packing, threads_, 0);
}

/**
 * Zeroed memory behind that of the layer before, so that the beginning of a matrix can be fetched while the end of the
 * one before is multiplied. A model of one small layer gets no more than it needs; the pages of a larger one are huge.
 */
char* Model::reserve(size_t bytes) {
    constexpr size_t small = size_t{1} << 16, large = size_t{1} << 24;
    if (packed_.empty() || bytes > packed_.back().bytes() - used_of_last_) {
        packed_.emplace_back(packed_bytes_ > small ? std::max(bytes, large) : bytes);
        used_of_last_ = 0;
    }
    char* memory = packed_.back().data() + used_of_last_;
    used_of_last_ += bytes;
    packed_bytes_ += bytes;
    return memory;
}

void Model::finish() {
    pack_known();
    finished_ = true;
}

}  // namespace fn
