#pragma once

#include <stdint.h>

namespace fn {

/** An activation in 8 bits, without sign: it stands for (bits - zero point) * scale. */
struct Quantized {
    uint8_t bits;
};

/** What is stored, without its zero point and scale. */
inline float to_f32(Quantized value) { return value.bits; }
inline void store_element(float value, Quantized* p) { p->bits = static_cast<uint8_t>(value); }

}  // namespace fn

#if defined(FN_NAMESPACE)
#define FN_HAS_KERNELS 1
#include "../isa/this_isa.h"

/**
 * Activations of 8 bits without sign, weights of 8 bits with one, in groups of four along K: 32-bit sums, which are exact. Weights
 * are never -128.
 */
namespace FN_NAMESPACE {
namespace {

using Element = fn::Quantized;
using Weight = int8_t;
using Bias = int32_t;
constexpr int group = 4;

}  // namespace
}  // namespace FN_NAMESPACE

#if defined(__AVX512F__)
#include "../int8/avx512.h"
#elif defined(__AVX2__)
#include "../int8/avx2.h"
#elif defined(FN_NEON)
#include "../int8/neon.h"
#else
#include "../int8/portable.h"
#endif

#define FN_FINISH_HEADER "finish_int8.h"
#endif
