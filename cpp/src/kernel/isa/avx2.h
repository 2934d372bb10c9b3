#pragma once

#if !defined(__AVX2__) || !defined(__FMA__)
#error "compile with -mavx2 -mfma"
#endif

#include <immintrin.h>

namespace FN_NAMESPACE {
namespace {

using Vec = __m256;
constexpr int lanes = 8;

/**
 * Most rows of a register tile, by its vectors per row: of 16 registers the sums take 12, the weights and one value the
 * rest.
 */
constexpr int row_limit[4] = {0, 12, 6, 4};

/** Polynomials to evaluate together: 4 x 3 values fit the registers. */
constexpr int gelu_chains = 4;

FN_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
FN_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }

/** The lanes [first, last) of a vector, the only ones that touch memory. */
struct Lanes {
    __m256i mask;
    bool all;  // a masked store takes many cycles on some CPUs
    int first, last;
};
FN_INLINE Lanes lanes_between(int first, int last) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return {_mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(first), lane),
                                _mm256_cmpgt_epi32(_mm256_set1_epi32(last), lane)),
            first == 0 && last == lanes, first, last};
}
FN_INLINE Vec load(const float* p, const Lanes& l) { return l.all ? load(p) : _mm256_maskload_ps(p, l.mask); }
FN_INLINE void store(float* p, Vec v, const Lanes& l) { l.all ? store(p, v) : _mm256_maskstore_ps(p, l.mask, v); }

FN_INLINE Vec broadcast(float x) { return _mm256_set1_ps(x); }
FN_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
FN_INLINE Vec subtract(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
FN_INLINE Vec multiply(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
FN_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
/** Both return b where a or b is a NaN. */
FN_INLINE Vec minimum(Vec a, Vec b) { return _mm256_min_ps(a, b); }
FN_INLINE Vec maximum(Vec a, Vec b) { return _mm256_max_ps(a, b); }

FN_INLINE Vec load_u8(const uint8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}

FN_INLINE void prefetch(const char* p) { _mm_prefetch(p, _MM_HINT_T1); }

}  // namespace
}  // namespace FN_NAMESPACE
