#pragma once

/** Bytes by AVX2: 8 sums. The names are explained in portable.h. */
namespace FN_NAMESPACE {
namespace {

using Sum = __m256i;
using Operand = __m256i;
constexpr int32_t src_offset = 0;

FN_INLINE Sum load_sum(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
FN_INLINE Vec to_float(Sum s) { return _mm256_cvtepi32_ps(s); }

FN_INLINE Operand repeat(const Element* p) {
    int four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}
FN_INLINE Operand load_weights(const Weight* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }

#if defined(__AVXVNNI__)
constexpr int halves = 1;

FN_INLINE Operand broadcast_group(const Element* p, int) { return repeat(p); }
FN_INLINE Operand load_groups(const Weight* p, int) { return load_weights(p); }
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) { return _mm256_dpbusd_avx_epi32(c, a, b); }
#else
// vpmaddubsw would saturate its sums of two products. So 16 bits, first those of the even bytes: with the odd ones at the same
// time, operands would not fit 16 registers.
constexpr int halves = 2;

FN_INLINE Operand broadcast_group(const Element* p, int half) {
    return half == 0 ? _mm256_and_si256(repeat(p), _mm256_set1_epi16(0xff)) : _mm256_srli_epi16(repeat(p), 8);
}
FN_INLINE Operand load_groups(const Weight* p, int half) {
    const __m256i w = load_weights(p);
    return _mm256_srai_epi16(half == 0 ? _mm256_slli_epi16(w, 8) : w, 8);
}
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) {
    return _mm256_add_epi32(c, _mm256_madd_epi16(a, b));
}
#endif

FN_INLINE Vec load(const Element* p, const Lanes& l) {
    uint64_t eight = 0;
    if (l.all) {
        __builtin_memcpy(&eight, p, sizeof eight);
    } else {
        const int first = l.first, last = l.last;
        for (int i = first; i < last; i++) eight |= static_cast<uint64_t>(p[i].bits) << 8 * i;
    }
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(eight))));
}

/** Four vectors as bytes, each in 64 bits of its own. */
FN_INLINE __m256i to_bytes(const Vec (&v)[4], int32_t zero_point) {
    const __m256i zero = _mm256_set1_epi16(static_cast<int16_t>(zero_point));
    const auto words = [&](int i) __attribute__((always_inline)) {
        return _mm256_adds_epi16(_mm256_packs_epi32(_mm256_cvtps_epi32(v[i]), _mm256_cvtps_epi32(v[i + 1])), zero);
    };
    // Packing leaves four bytes of each vector in every 128 bits.
    return _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words(0), words(2)), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

template <int count>
FN_INLINE void store_rows(Element* const (&p)[4], const Vec (&v)[4], int32_t zero_point, const Lanes& l) {
    const __m256i bytes = to_bytes(v, zero_point);
    const auto store_row = [&](int i, long long row) __attribute__((always_inline)) {
        if (i >= count) return;
        if (l.all) {
            __builtin_memcpy(p[i], &row, sizeof row);
        } else {
            for (int k = l.first; k < l.last; k++) p[i][k].bits = static_cast<uint8_t>(row >> 8 * k);
        }
    };
    store_row(0, _mm256_extract_epi64(bytes, 0));
    store_row(1, _mm256_extract_epi64(bytes, 1));
    store_row(2, _mm256_extract_epi64(bytes, 2));
    store_row(3, _mm256_extract_epi64(bytes, 3));
}

template <int count>
FN_INLINE void store_pairs(Element* const (&p)[2], const Vec (&v)[4], int32_t zero_point) {
    const __m256i bytes = to_bytes(v, zero_point);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p[0]), _mm256_castsi256_si128(bytes));
    if (count > 1) _mm_storeu_si128(reinterpret_cast<__m128i*>(p[1]), _mm256_extracti128_si256(bytes, 1));
}

using Table = __m256i[16];
FN_INLINE void load_table(const uint8_t* p, Table& table) {
    for (int k = 0; k < 16; k++)
        table[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * k)));
}

/** By sixteen tables of 16 bytes: what is beyond one of them has its upper bit set then, and gives 0. */
FN_INLINE void look_up_row(const Table& table, const uint8_t* bytes, Element* values, int32_t count) {
    int32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i* const p = reinterpret_cast<__m256i*>(values + i);
        const __m256i at = _mm256_loadu_si256(p);
        __m256i result = _mm256_setzero_si256();
#pragma GCC unroll 16
        for (int k = 0; k < 16; k++) {
            const __m256i inside = _mm256_adds_epu8(_mm256_sub_epi8(at, _mm256_set1_epi8(static_cast<char>(16 * k))),
                                                    _mm256_set1_epi8(112));
            result = _mm256_or_si256(result, _mm256_shuffle_epi8(table[k], inside));
        }
        _mm256_storeu_si256(p, result);
    }
    for (; i < count; i++) values[i].bits = bytes[values[i].bits];
}

FN_INLINE Vec at_most(Vec v, Vec most) { return minimum(v, most); }

}  // namespace
}  // namespace FN_NAMESPACE
