// AVX-512 vectors of f32.
#pragma once

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) || !defined(__FMA__)
#error "this file must be compiled with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma"
#endif

#include <immintrin.h>

#include "../kernel/kernels.h"

namespace fasternet::FN_ISA {
namespace {

using Vec = __m512;
constexpr int kLanes = 16;

// Rows of a register tile, by vectors in a row: 28, 28 and 27 sums of 32 registers leave room for the weights and one
// broadcast value. Two vectors wide, a tile loads 16 values for 28 products; four wide and six high loads fewer, but
// reads twice the weights from the second-level cache.
constexpr int kRowLimit[4] = {0, 14, 14, 9};

// Polynomials evaluated together: two units times a latency of four keep eight busy, and their state fits the registers.
constexpr int kGeluChains = 8;

FN_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
FN_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }

// The lanes [first, last) of a vector: only they touch memory. Masked and plain accesses cost the same.
using Lanes = __mmask16;
FN_INLINE Lanes lanes(int first, int last) {
    return static_cast<Lanes>((0xffffu >> (kLanes - last)) & (0xffffu << first));
}
FN_INLINE Vec load(const float* p, Lanes lanes) { return _mm512_maskz_loadu_ps(lanes, p); }
FN_INLINE void store(float* p, Vec v, Lanes lanes) { _mm512_mask_storeu_ps(p, lanes, v); }

FN_INLINE Vec broadcast_f32(float x) { return _mm512_set1_ps(x); }
FN_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
FN_INLINE Vec multiply(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
FN_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
// A NaN in the second argument comes through.
FN_INLINE Vec minimum(Vec a, Vec b) { return _mm512_min_ps(a, b); }
FN_INLINE Vec maximum(Vec a, Vec b) { return _mm512_max_ps(a, b); }

FN_INLINE Vec widen_u8(const uint8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
FN_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

}  // namespace
}  // namespace fasternet::FN_ISA
