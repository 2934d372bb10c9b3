#pragma once

#include "engine/matrix_steps.h"

namespace fn {

class BlockWork;

/**
 * Memory for a block that is done in three steps: its result behind the convolution and behind the expansion, for all
 * pixels.
 */
struct BlockBuffers {
    size_t conv_bytes, hidden_bytes;
};

/**
 * Plans a block: in one step, or in three that wait for each other where pixels are too few to give every thread a
 * tile.
 */
class BlockPlan {
public:
    BlockPlan(const StepContext& context, const Block& layer, const Tensor& tensor, int32_t current);

    bool in_one_step() const { return in_one_step_; }
    /** Needed unless in_one_step(). */
    BlockBuffers buffers() const;

    /** Appends the steps; conv and hidden are the buffers(), ignored if in_one_step(). */
    void append_steps(char* conv, char* hidden, std::vector<std::unique_ptr<Step>>& steps) const;

private:
    std::shared_ptr<const BlockWork> work_;
    const StepContext context_;
    const Block& layer_;
    const Tensor& tensor_;
    Grid fused_, conv_, expand_, project_;
    int64_t most_conv_rows_;  // in a piece of fused_
    bool in_one_step_;
};

}  // namespace fn
