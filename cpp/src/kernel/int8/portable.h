#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/**
 * Bytes in vectors that every compiler lays out: 4 sums. Each header of this folder has the same names:
 *
 *   Sum, load_sum, to_float             32-bit sums, of as many columns as a Vec has lanes
 *   halves                              in how many goes a group of four is multiplied
 *   Operand, broadcast_group, load_groups, multiply_add_groups
 *                                       four activations of a row, and four weights of each column, or half of them
 *   src_offset                          what the instruction takes away from every activation: the bias must have it instead
 *   load, store_rows                    activations of some lanes as f32; and f32 of up to four rows, rounded to nearest, ties to
 *                                       even, moved by the zero point and saturated
 *   store_pairs                         likewise of up to two rows, two whole vectors of each
 *   at_most                             the lesser of two, `most` for a NaN
 *   Table, load_table, look_up_row      replaces bytes by a table's; the table is also given as it lies in memory
 */
namespace FN_NAMESPACE {
namespace {

typedef int32_t Sum __attribute__((vector_size(16)));
typedef int16_t Operand __attribute__((vector_size(16)));
typedef uint16_t Words __attribute__((vector_size(16)));
constexpr int32_t src_offset = 0;

FN_INLINE Sum load_sum(const int32_t* p) {
    Sum s;
    __builtin_memcpy(&s, p, sizeof s);
    return s;
}
FN_INLINE Vec to_float(Sum s) { return __builtin_convertvector(s, Vec); }

/** The even bytes, then the odd ones, each as a 16-bit value: a product of 8 bits with and 8 without a sign fits those. */
constexpr int halves = 2;

FN_INLINE Operand broadcast_group(const Element* p, int half) {
    int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    const Words pairs = reinterpret_cast<Words>(Sum{four, four, four, four});
    return reinterpret_cast<Operand>(half == 0 ? pairs & 0xff : pairs >> 8);
}
FN_INLINE Operand load_groups(const Weight* p, int half) {
    Operand w;
    __builtin_memcpy(&w, p, sizeof w);
    return half == 0 ? (w << 8) >> 8 : w >> 8;
}
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) {
    // Without a sign, as sums may wrap around.
    typedef uint32_t Wrapping __attribute__((vector_size(16)));
#if defined(__SSE2__)  // every x86-64 has it, and no compiler sees that what is below is this instruction
    const Wrapping two = reinterpret_cast<Wrapping>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
    const Sum products = reinterpret_cast<Sum>(a * b);
    const Wrapping two = reinterpret_cast<Wrapping>((reinterpret_cast<Sum>(reinterpret_cast<Wrapping>(products) << 16)) >> 16) +
                         reinterpret_cast<Wrapping>(products >> 16);
#endif
    return reinterpret_cast<Sum>(reinterpret_cast<Wrapping>(c) + two);
}

FN_INLINE Vec load(const Element* p, Lanes l) {
    Vec v = {};
    for (int i = l.first; i < l.last; i++) v[i] = p[i].bits;
    return v;
}

template <int count>
FN_INLINE void store_rows(Element* const (&p)[4], const Vec (&v)[4], int32_t zero_point, Lanes l) {
    const Vec least = broadcast(static_cast<float>(-zero_point)), most = broadcast(static_cast<float>(255 - zero_point));
    // Adding 1.5 * 2^23 rounds to a whole number, in the low bits of the sum.
    constexpr float shift = 0x1.8p23f;
    for (int i = 0; i < count; i++) {
        const Vec rounded = minimum(maximum(v[i], least), most) + broadcast(shift);
        Sum bits;
        __builtin_memcpy(&bits, &rounded, sizeof bits);
        for (int k = l.first; k < l.last; k++) p[i][k].bits = static_cast<uint8_t>(bits[k] + zero_point);
    }
}

/** Two whole vectors of each row. */
template <int count>
FN_INLINE void store_pairs(Element* const (&p)[2], const Vec (&v)[4], int32_t zero_point) {
    Element* const rows[4] = {p[0], p[0] + lanes, p[1], p[1] + lanes};
    store_rows<2 * count>(rows, v, zero_point, lanes_between(0, lanes));
}

struct Table {};
FN_INLINE void load_table(const uint8_t*, Table&) {}
FN_INLINE void look_up_row(const Table&, const uint8_t* bytes, Element* values, int32_t count) {
    for (int32_t i = 0; i < count; i++) values[i].bits = bytes[values[i].bits];
}

FN_INLINE Vec at_most(Vec v, Vec most) { return minimum(v, most); }

}  // namespace
}  // namespace FN_NAMESPACE
