#pragma once

#include "engine/matrix_steps.h"

/** The steps without products: a small part of the time, so plain C++ for every ISA. */
namespace fn {

/** Copies the caller's pixels into a tensor, or only the channels that 3x3 convolutions touch if the rest stays there. */
std::unique_ptr<Step> input_step(const StepContext& context, const PixelShape& src, const Tensor& dst);

/** The mean of every channel. */
std::unique_ptr<Step> pool_step(const StepContext& context, const Pool& layer, const Tensor& src, int32_t current,
                                const Tensor& dst);

/** Copies a tensor, scaled and shifted, to the caller's destination number `index`. */
std::unique_ptr<Step> output_step(const StepContext& context, const Output& layer, int32_t index, const Tensor& src,
                                  int32_t current);

}  // namespace fn
