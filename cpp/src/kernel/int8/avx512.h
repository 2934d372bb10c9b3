#pragma once

/** Bytes by AVX-512: 16 sums. The names are explained in portable.h. */
namespace FN_NAMESPACE {
namespace {

using Sum = __m512i;
using Operand = __m512i;
constexpr int32_t src_offset = 0;

FN_INLINE Sum load_sum(const int32_t* p) { return _mm512_loadu_si512(p); }
FN_INLINE Vec to_float(Sum s) { return _mm512_cvtepi32_ps(s); }

FN_INLINE Operand repeat(const Element* p) {
    int four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

#if defined(__AVX512VNNI__)
constexpr int halves = 1;

FN_INLINE Operand broadcast_group(const Element* p, int) { return repeat(p); }
FN_INLINE Operand load_groups(const Weight* p, int) { return _mm512_loadu_si512(p); }
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) { return _mm512_dpbusd_epi32(c, a, b); }
#else
constexpr int halves = 2;

FN_INLINE Operand broadcast_group(const Element* p, int half) {
    return half == 0 ? _mm512_and_si512(repeat(p), _mm512_set1_epi16(0xff)) : _mm512_srli_epi16(repeat(p), 8);
}
FN_INLINE Operand load_groups(const Weight* p, int half) {
    const __m512i w = _mm512_loadu_si512(p);
    return _mm512_srai_epi16(half == 0 ? _mm512_slli_epi16(w, 8) : w, 8);
}
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) {
    return _mm512_add_epi32(c, _mm512_madd_epi16(a, b));
}
#endif

FN_INLINE Vec load(const Element* p, Lanes mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, p)));
}

/** Four vectors as bytes, each in 128 bits of its own. */
FN_INLINE __m512i to_bytes(const Vec (&v)[4], int32_t zero_point) {
    const __m512i zero = _mm512_set1_epi16(static_cast<int16_t>(zero_point));
    const auto words = [&](int i) __attribute__((always_inline)) {
        return _mm512_adds_epi16(_mm512_packs_epi32(_mm512_cvtps_epi32(v[i]), _mm512_cvtps_epi32(v[i + 1])), zero);
    };
    // Packing leaves four bytes of each vector in every 128 bits.
    const __m512i by_vector = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(by_vector, _mm512_packus_epi16(words(0), words(2)));
}

template <int count>
FN_INLINE void store_rows(Element* const (&p)[4], const Vec (&v)[4], int32_t zero_point, Lanes mask) {
    const __m512i bytes = to_bytes(v, zero_point);
    const auto store_row = [&](int i, __m128i row) __attribute__((always_inline)) {
        if (i >= count) return;
        if (mask == 0xffff) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p[i]), row);
        } else {
            _mm_mask_storeu_epi8(p[i], mask, row);
        }
    };
    store_row(0, _mm512_castsi512_si128(bytes));
    store_row(1, _mm512_extracti32x4_epi32(bytes, 1));
    store_row(2, _mm512_extracti32x4_epi32(bytes, 2));
    store_row(3, _mm512_extracti32x4_epi32(bytes, 3));
}

template <int count>
FN_INLINE void store_pairs(Element* const (&p)[2], const Vec (&v)[4], int32_t zero_point) {
    const __m512i bytes = to_bytes(v, zero_point);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p[0]), _mm512_castsi512_si256(bytes));
    if (count > 1) _mm256_storeu_si256(reinterpret_cast<__m256i*>(p[1]), _mm512_extracti64x4_epi64(bytes, 1));
}

#if defined(__AVX512VBMI__)
/** Of two tables of 128 bytes, the upper bit says which. */
FN_INLINE __m512i look_up(const __m512i (&table)[4], __m512i i) {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(i), _mm512_permutex2var_epi8(table[0], i, table[1]),
                                  _mm512_permutex2var_epi8(table[2], i, table[3]));
}
FN_INLINE void load_table(const uint8_t* p, __m512i (&table)[4]) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) table[k] = _mm512_loadu_si512(p + 64 * k);
}
using Table = __m512i[4];
#else
using Table = __m512i[16];
FN_INLINE void load_table(const uint8_t* p, Table& table) {
    for (int k = 0; k < 16; k++)
        table[k] = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * k)));
}
/** Sixteen tables of 16 bytes: what is beyond one of them has its upper bit set then, and gives 0. */
FN_INLINE __m512i look_up(const Table& table, __m512i i) {
    __m512i result = _mm512_setzero_si512();
#pragma GCC unroll 16
    for (int k = 0; k < 16; k++) {
        const __m512i inside =
            _mm512_adds_epu8(_mm512_sub_epi8(i, _mm512_set1_epi8(static_cast<char>(16 * k))), _mm512_set1_epi8(112));
        result = _mm512_or_si512(result, _mm512_shuffle_epi8(table[k], inside));
    }
    return result;
}
#endif

FN_INLINE void look_up_row(const Table& table, const uint8_t*, Element* values, int32_t count) {
    int32_t i = 0;
    for (; i + 64 <= count; i += 64)
        _mm512_storeu_si512(values + i, look_up(table, _mm512_loadu_si512(values + i)));
    if (i == count) return;
    const __mmask64 mask = ~uint64_t{0} >> (64 - (count - i));
    _mm512_mask_storeu_epi8(values + i, mask, look_up(table, _mm512_maskz_loadu_epi8(mask, values + i)));
}

FN_INLINE Vec at_most(Vec v, Vec most) { return minimum(v, most); }

}  // namespace
}  // namespace FN_NAMESPACE
