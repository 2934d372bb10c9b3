#pragma once

#if !defined(__ARM_NEON) || !defined(__aarch64__)
#error "compile for aarch64"
#endif

#include <arm_neon.h>

namespace FN_NAMESPACE {
namespace {

using Vec = float32x4_t;
constexpr int lanes = 4;

/** Most rows of a register tile, by its vectors per row: as for AVX-512, there are 32 registers. */
constexpr int row_limit[4] = {0, 14, 14, 9};

/** Polynomials to evaluate together: 8 x 3 values fit the registers. */
constexpr int gelu_chains = 8;

FN_INLINE Vec load(const float* p) { return vld1q_f32(p); }
FN_INLINE void store(float* p, Vec v) { vst1q_f32(p, v); }

/** The lanes [first, last) of a vector, the only ones that touch memory. */
struct Lanes {
    int first, last;
};
FN_INLINE Lanes lanes_between(int first, int last) { return {first, last}; }
FN_INLINE Vec load(const float* p, Lanes l) {
    if (l.first == 0 && l.last == lanes) return load(p);
    float values[lanes] = {};
    for (int i = l.first; i < l.last; i++) values[i] = p[i];
    return load(values);
}
FN_INLINE void store(float* p, Vec v, Lanes l) {
    if (l.first == 0 && l.last == lanes) return store(p, v);
    float values[lanes];
    store(values, v);
    for (int i = l.first; i < l.last; i++) p[i] = values[i];
}

FN_INLINE Vec broadcast(float x) { return vdupq_n_f32(x); }
FN_INLINE Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
FN_INLINE Vec subtract(Vec a, Vec b) { return vsubq_f32(a, b); }
FN_INLINE Vec multiply(Vec a, Vec b) { return vmulq_f32(a, b); }
FN_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
/** Both return a NaN where b is one. */
FN_INLINE Vec minimum(Vec a, Vec b) { return vminq_f32(a, b); }
FN_INLINE Vec maximum(Vec a, Vec b) { return vmaxq_f32(a, b); }

FN_INLINE Vec load_u8(const uint8_t* p) {
    const uint32_t values[lanes] = {p[0], p[1], p[2], p[3]};
    return vcvtq_f32_u32(vld1q_u32(values));
}

FN_INLINE void prefetch(const char* p) { __builtin_prefetch(p, 0, 2); }

}  // namespace
}  // namespace FN_NAMESPACE
