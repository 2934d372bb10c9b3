#pragma once

#include "engine/layer.h"
#include "engine/pack.h"
#include "memory.h"

#include <deque>

namespace fn {

/**
 * A chain of layers and their packed weights for one precision and ISA. Built by one thread; once finished it does not
 * change, and programs of any shape, in any threads, share it.
 */
class Model {
public:
    /** @param threads on which weights are packed, at most */
    Model(int32_t isa, Precision precision, const Kernels& kernels, int32_t threads)
        : isa_(isa), precision_(precision), kernels_(kernels), threads_(threads) {}

    /**
     * Appends a layer and packs its weights, which the caller need not keep. The chain must fit: the caller has checked
     * it against channels() and touched().
     */
    void add(Layer layer);

    void finish();

    /** What the source becomes in int8. */
    void quantize_src(const Scale& src) { src_ = src; }
    const Scale& src() const { return src_; }
    /** Of an int8 model: how the next layer's next matrix is requantized; the layer takes all that are pending when it is added. */
    void quantize(Quantization quantization);
    /** How many are pending. */
    int32_t pending() const { return pending_; }
    /** Pending number `index`; nullptr for another precision. Lives as long as the model. */
    const Quantization* pending(int32_t index) const;
    /** Of the last layer's result in int8. */
    int32_t zero_point() const;

    bool finished() const { return finished_; }
    int32_t isa() const { return isa_; }
    Precision precision() const { return precision_; }
    const Kernels& kernels() const { return kernels_; }
    const std::vector<Layer>& layers() const { return layers_; }
    /** Of the last layer; 0 if there is none. */
    int32_t channels() const { return layers_.empty() ? 0 : channels_of(layers_.back()); }
    /** The channels a program reads. */
    int32_t source_channels() const;
    /**
     * The channels of the last layer's tensor that a 3x3 convolution has touched: the next one must touch as many. 0:
     * none yet.
     */
    int32_t touched() const { return touched_; }
    size_t packed_bytes() const { return packed_bytes_; }
    size_t element_bytes() const { return bytes_of(precision_); }

    /**
     * The channels of the tensor behind layer `index` that a 3x3 convolution touches: they lie apart, in a bordered
     * tensor of their own.
     */
    int32_t split_after(size_t index) const { return splits_[index]; }

private:
    template <class Weight>
    void pack_bias(const PackedShape& shape, const Weight& weight, const Quantization& quantization, int32_t* bias) const;
    void find_splits();
    void pack_known();
    void pack(size_t index);
    char* reserve(size_t bytes);
    const float* copy(const float* values, int64_t count);

    int32_t isa_;
    Precision precision_;
    const Kernels& kernels_;
    int32_t threads_;
    std::vector<Layer> layers_;
    std::vector<int32_t> splits_;
    int32_t touched_ = 0;
    std::deque<Pages> packed_;    // in the order of the layers
    size_t used_of_last_ = 0;     // of these pages, bytes
    size_t packed_bytes_ = 0;
    size_t packed_layers_ = 0;
    std::deque<std::vector<float>> copies_;  // of the caller's weights that wait for the layers behind them
    Scale src_{1, 0};
    std::deque<Quantization> quantizations_;
    int32_t pending_ = 0;  // of these the last, for the next layer
    bool finished_ = false;
};

}  // namespace fn
