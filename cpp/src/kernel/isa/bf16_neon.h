#pragma once

#if !defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#error "compile with -march=armv8.2-a+bf16"
#endif

/** bf16 as the element that is stored and multiplied, in pairs: one instruction adds two products to each f32 lane. */
namespace FN_NAMESPACE {
namespace {

using Element = fn::Bf16;
using Operand = bfloat16x8_t;
constexpr int group = 2;

FN_INLINE Operand broadcast_group(const Element* p) {
    uint32_t pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return vreinterpretq_bf16_u32(vdupq_n_u32(pair));
}
FN_INLINE Operand load_groups(const Element* p) { return vreinterpretq_bf16_u16(vld1q_u16(p)); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return vbfdotq_f32(c, a, b); }

FN_INLINE Vec load(const Element* p, Lanes l) {
    Element values[lanes] = {};
    if (l.first == 0 && l.last == lanes) {
        __builtin_memcpy(values, p, sizeof values);
    } else {
        for (int i = l.first; i < l.last; i++) values[i] = p[i];
    }
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(values), 16));
}
FN_INLINE void store(Element* p, Vec v, Lanes l) {
    const uint16x4_t narrow = vreinterpret_u16_bf16(vcvt_bf16_f32(v));
    if (l.first == 0 && l.last == lanes) return vst1_u16(p, narrow);
    Element values[lanes];
    vst1_u16(values, narrow);
    for (int i = l.first; i < l.last; i++) p[i] = values[i];
}

}  // namespace
}  // namespace FN_NAMESPACE
