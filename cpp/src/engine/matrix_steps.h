#pragma once

#include "engine/step.h"

namespace fn {

/** The caller's pixels, for the layers that read them. */
struct PixelShape {
    PixelLayout layout;
    int32_t channels, height, width;
};

/** A convolution of the caller's pixels. */
std::unique_ptr<Step> pixel_conv_step(const StepContext& context, const PixelConv& layer, const PixelShape& src,
                                      const Tensor& dst);

/** A convolution of patches of a tensor. */
std::unique_ptr<Step> patch_conv_step(const StepContext& context, const PatchConv& layer, const Tensor& src,
                                      int32_t current, const Tensor& dst);

/** A product at every pixel; with a residual, src and dst have the same channels apart. */
std::unique_ptr<Step> pointwise_step(const StepContext& context, const Pointwise& layer, const Tensor& src,
                                     int32_t current, const Tensor& dst);

/** The 3x3 convolution of the touched channels, from the current buffer to the other one. */
std::unique_ptr<Step> partial_conv_step(const StepContext& context, const PartialConv& layer, const Tensor& tensor,
                                        int32_t current);

}  // namespace fn
