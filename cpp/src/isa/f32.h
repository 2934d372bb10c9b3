// f32 as the element that is stored and multiplied, in terms of any instruction set's vectors.
#pragma once

namespace fasternet::FN_ISA {
namespace {

using Element = float;
using Operand = Vec;
constexpr int kGroup = 1;
constexpr Precision kPrecision = Precision::kF32;

FN_INLINE Operand broadcast(const Element* p) { return broadcast_f32(*p); }
FN_INLINE Operand load_weights(const Element* p) { return load(p); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec sum) { return multiply_add(a, b, sum); }

}  // namespace
}  // namespace fasternet::FN_ISA
