#pragma once

#include "convert.h"
#include "multiply.h"
#include "winograd.h"

/** The kernels of the ISA and the element (isa/f32.h and its like) included before, as FN_KERNELS. */
namespace FN_NAMESPACE {

extern const fn::Kernels FN_KERNELS;
const fn::Kernels FN_KERNELS = {lanes, group, multiply, transform_windows, transform_results, convert_f32, convert_u8};

}  // namespace FN_NAMESPACE
