#pragma once

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__)
#error "compile with -mavx512f -mavx512bw -mavx512dq -mavx512vl"
#endif

#include <immintrin.h>

namespace FN_NAMESPACE {
namespace {

using Vec = __m512;
constexpr int lanes = 16;

/**
 * Most rows of a register tile, by its vectors per row: 14, 28 and 27 sums, and the weights and one broadcast value in
 * what is left of 32 registers. At two vectors a tile loads 16 values for 28 products; more vectors and fewer rows
 * would load less, but read the weights from the second-level cache more often.
 */
constexpr int row_limit[4] = {0, 14, 14, 9};

FN_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
FN_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }

/**
 * The lanes [first, last) of a vector, the only ones that touch memory. A masked access costs no more than a plain one.
 */
using Lanes = __mmask16;
FN_INLINE Lanes lanes_between(int first, int last) {
    return static_cast<Lanes>((0xffffu >> (lanes - last)) & (0xffffu << first));
}
FN_INLINE Vec load(const float* p, Lanes mask) { return _mm512_maskz_loadu_ps(mask, p); }
FN_INLINE void store(float* p, Vec v, Lanes mask) { _mm512_mask_storeu_ps(p, mask, v); }

FN_INLINE Vec broadcast(float x) { return _mm512_set1_ps(x); }
FN_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
FN_INLINE Vec subtract(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
FN_INLINE Vec multiply(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
FN_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
/** Both return b where a or b is a NaN. */
FN_INLINE Vec minimum(Vec a, Vec b) { return _mm512_min_ps(a, b); }
FN_INLINE Vec maximum(Vec a, Vec b) { return _mm512_max_ps(a, b); }

FN_INLINE Vec absolute(Vec a) { return _mm512_abs_ps(a); }
/** table[i] for the low four bits i of every lane. */
FN_INLINE Vec look_up(const float* table, Vec i) {
    return _mm512_permutexvar_ps(_mm512_castps_si512(i), _mm512_load_ps(table));
}

FN_INLINE Vec load_u8(const uint8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}

FN_INLINE void prefetch(const char* p) { _mm_prefetch(p, _MM_HINT_T1); }

}  // namespace
}  // namespace FN_NAMESPACE
