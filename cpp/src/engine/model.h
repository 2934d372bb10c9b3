#pragma once

#include "engine/layer.h"
#include "memory.h"

namespace fn {

/**
 * A chain of layers and their packed weights for one precision and ISA. Built by one thread; once finished it does not
 * change, and programs of any shape, in any threads, share it.
 */
class Model {
public:
    Model(int32_t isa, Precision precision, const Kernels& kernels)
        : isa_(isa), precision_(precision), kernels_(kernels) {}

    /** Appends a layer. The chain must fit: the caller has checked it against channels() and touched(). */
    void add(Layer layer);

    /** Packs all weights on up to so many threads; the caller's are not needed any more. */
    void finish(int32_t threads);

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
    size_t packed_bytes() const { return packed_.bytes(); }
    size_t element_bytes() const { return bytes_of(precision_); }

    /**
     * The channels of the tensor behind layer `index` that a 3x3 convolution touches: they lie apart, in a bordered
     * tensor of their own.
     */
    int32_t split_after(size_t index) const { return splits_[index]; }

private:
    void find_splits();

    int32_t isa_;
    Precision precision_;
    const Kernels& kernels_;
    std::vector<Layer> layers_;
    std::vector<int32_t> splits_;
    int32_t touched_ = 0;
    Pages packed_;
    bool finished_ = false;
};

}  // namespace fn
