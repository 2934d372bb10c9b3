#pragma once

/** f32 as the element that is stored and multiplied. */
namespace FN_NAMESPACE {
namespace {

using Element = float;
using Operand = Vec;
constexpr int group = 1;

FN_INLINE Operand broadcast_group(const Element* p) { return broadcast(*p); }
FN_INLINE Operand load_groups(const Element* p) { return load(p); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return multiply_add(a, b, c); }

}  // namespace
}  // namespace FN_NAMESPACE
