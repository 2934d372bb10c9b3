#pragma once

#include <stdint.h>
#include <string.h>

namespace fn {

/** The upper half of an f32, as stored. */
struct Bf16 {
    uint16_t bits;
};

inline Bf16 to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return {static_cast<uint16_t>(bits >> 16 | 0x40)};  // a NaN stays one
    return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};                 // to nearest, ties to even
}

inline float to_f32(Bf16 value) {
    const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

inline void store_element(float value, Bf16* p) { *p = to_bf16(value); }

}  // namespace fn

#if defined(FN_NAMESPACE) && (defined(__AVX512BF16__) || (defined(FN_NEON) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)))
#define FN_HAS_KERNELS 1
#include "../isa/this_isa.h"
#include "../sum_float.h"

/** bf16 as the element that is stored and multiplied, in pairs: one instruction adds two products to each f32 lane. */
namespace FN_NAMESPACE {
namespace {

using Element = fn::Bf16;
using Weight = fn::Bf16;
constexpr int group = 2;

#if defined(__AVX512BF16__)
using Operand = __m512bh;

FN_INLINE Operand broadcast_group(const Element* p, int) {
    int pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return reinterpret_cast<Operand>(_mm512_set1_epi32(pair));
}
FN_INLINE Operand load_groups(const Weight* p, int) { return reinterpret_cast<Operand>(_mm512_loadu_si512(p)); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return _mm512_dpbf16_ps(c, a, b); }

FN_INLINE Vec widen(__m256i v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16)); }
FN_INLINE __m256i narrow(Vec v) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)); }

FN_INLINE Vec load(const Element* p, Lanes mask) { return widen(_mm256_maskz_loadu_epi16(mask, p)); }
FN_INLINE void store(Element* p, Vec v, Lanes mask) { _mm256_mask_storeu_epi16(p, mask, narrow(v)); }
#else
using Operand = bfloat16x8_t;

FN_INLINE Operand broadcast_group(const Element* p, int) {
    uint32_t pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return vreinterpretq_bf16_u32(vdupq_n_u32(pair));
}
FN_INLINE Operand load_groups(const Weight* p, int) { return vreinterpretq_bf16_u16(vld1q_u16(&p->bits)); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return vbfdotq_f32(c, a, b); }

FN_INLINE Vec load(const Element* p, Lanes l) {
    uint16_t values[lanes] = {};
    if (l.first == 0 && l.last == lanes) {
        __builtin_memcpy(values, p, sizeof values);
    } else {
        for (int i = l.first; i < l.last; i++) values[i] = p[i].bits;
    }
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(values), 16));
}
FN_INLINE void store(Element* p, Vec v, Lanes l) {
    const uint16x4_t narrow = vreinterpret_u16_bf16(vcvt_bf16_f32(v));
    if (l.first == 0 && l.last == lanes) return vst1_u16(&p->bits, narrow);
    uint16_t values[lanes];
    vst1_u16(values, narrow);
    for (int i = l.first; i < l.last; i++) p[i].bits = values[i];
}
#endif

/** Within 2^-14 * |x|: a sixteenth of what rounding the result to bf16 adds. */
struct GeluPolynomial {
    static constexpr float range = 4.0f;
    static constexpr float coefficients[] = {-0x1.59f0e2p-9f, 0x1.1a0550p-7f, -0x1.bea6dap-7f, 0x1.5b1d2ep-6f,
                                             -0x1.28d948p-5f, 0x1.cc1a62p-5f, -0x1.59ae20p-4f, 0x1.685522p-3f};
};

}  // namespace
}  // namespace FN_NAMESPACE
#endif
