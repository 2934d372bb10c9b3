#pragma once

#if !defined(__AVX512BF16__)
#error "compile with -mavx512bf16"
#endif

/** bf16 as the element that is stored and multiplied, in pairs: one instruction adds two products to each f32 lane. */
namespace FN_NAMESPACE {
namespace {

using Element = fn::Bf16;
using Operand = __m512bh;
constexpr int group = 2;

FN_INLINE Operand broadcast_group(const Element* p) {
    int pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return reinterpret_cast<Operand>(_mm512_set1_epi32(pair));
}
FN_INLINE Operand load_groups(const Element* p) { return reinterpret_cast<Operand>(_mm512_loadu_si512(p)); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return _mm512_dpbf16_ps(c, a, b); }

FN_INLINE Vec widen(__m256i v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16)); }
FN_INLINE __m256i narrow(Vec v) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)); }

FN_INLINE Vec load(const Element* p, Lanes mask) { return widen(_mm256_maskz_loadu_epi16(mask, p)); }
FN_INLINE void store(Element* p, Vec v, Lanes mask) { _mm256_mask_storeu_epi16(p, mask, narrow(v)); }

}  // namespace
}  // namespace FN_NAMESPACE
