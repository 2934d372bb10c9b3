#pragma once

/** Bytes by NEON: 4 sums. The names are explained in portable.h. */
namespace FN_NAMESPACE {
namespace {

using Sum = int32x4_t;

FN_INLINE Sum load_sum(const int32_t* p) { return vld1q_s32(p); }
FN_INLINE Vec to_float(Sum s) { return vcvtq_f32_s32(s); }

FN_INLINE uint8x16_t repeat(const Element* p) {
    uint32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return vreinterpretq_u8_u32(vdupq_n_u32(four));
}

#if defined(__ARM_FEATURE_MATMUL_INT8)
using Operand = int8x16_t;
constexpr int halves = 1;
constexpr int32_t src_offset = 0;

FN_INLINE Operand broadcast_group(const Element* p, int) { return vreinterpretq_s8_u8(repeat(p)); }
FN_INLINE Operand load_groups(const Weight* p, int) { return vld1q_s8(p); }
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) { return vusdotq_s32(c, vreinterpretq_u8_s8(a), b); }
#elif defined(__ARM_FEATURE_DOTPROD)
/** Both factors have a sign, so activations lose 128. */
using Operand = int8x16_t;
constexpr int halves = 1;
constexpr int32_t src_offset = 128;

FN_INLINE Operand broadcast_group(const Element* p, int) {
    return vreinterpretq_s8_u8(veorq_u8(repeat(p), vdupq_n_u8(128)));
}
FN_INLINE Operand load_groups(const Weight* p, int) { return vld1q_s8(p); }
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) { return vdotq_s32(c, a, b); }
#else
/** The even bytes, then the odd ones, each as a 16-bit value: a product of 8 bits with and 8 without a sign fits those. */
using Operand = int16x8_t;
constexpr int halves = 2;
constexpr int32_t src_offset = 0;

FN_INLINE Operand broadcast_group(const Element* p, int half) {
    const uint16x8_t pairs = vreinterpretq_u16_u8(repeat(p));
    return vreinterpretq_s16_u16(half == 0 ? vandq_u16(pairs, vdupq_n_u16(0xff)) : vshrq_n_u16(pairs, 8));
}
FN_INLINE Operand load_groups(const Weight* p, int half) {
    const int16x8_t w = vreinterpretq_s16_s8(vld1q_s8(p));
    return vshrq_n_s16(half == 0 ? vshlq_n_s16(w, 8) : w, 8);
}
FN_INLINE Sum multiply_add_groups(Operand a, Operand b, Sum c) { return vpadalq_s16(c, vmulq_s16(a, b)); }
#endif

FN_INLINE Vec load(const Element* p, Lanes l) {
    uint32_t values[lanes] = {};
    for (int i = l.first; i < l.last; i++) values[i] = p[i].bits;
    return vcvtq_f32_u32(vld1q_u32(values));
}

template <int count>
FN_INLINE void store_rows(Element* const (&p)[4], const Vec (&v)[4], int32_t zero_point, Lanes l) {
    const int16x8_t zero = vdupq_n_s16(static_cast<int16_t>(zero_point));
    const auto words = [&](int i) __attribute__((always_inline)) {
        return vqaddq_s16(vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(v[i])), vqmovn_s32(vcvtnq_s32_f32(v[i + 1]))), zero);
    };
    const uint32x4_t bytes = vreinterpretq_u32_u8(vcombine_u8(vqmovun_s16(words(0)), vqmovun_s16(words(2))));
    uint32_t row[4];
    vst1q_u32(row, bytes);
    for (int i = 0; i < count; i++) {
        if (l.first == 0 && l.last == lanes) {
            __builtin_memcpy(p[i], &row[i], sizeof row[i]);
        } else {
            for (int k = l.first; k < l.last; k++) p[i][k].bits = static_cast<uint8_t>(row[i] >> 8 * k);
        }
    }
}

template <int count>
FN_INLINE void store_pairs(Element* const (&p)[2], const Vec (&v)[4], int32_t zero_point) {
    Element* const rows[4] = {p[0], p[0] + lanes, p[1], p[1] + lanes};
    store_rows<2 * count>(rows, v, zero_point, lanes_between(0, lanes));
}

using Table = uint8x16x4_t[4];
FN_INLINE void load_table(const uint8_t* p, Table& table) {
    for (int k = 0; k < 4; k++) table[k] = vld1q_u8_x4(p + 64 * k);
}

/** Of each table of 64 bytes, an index beyond it leaves what the others have found. */
FN_INLINE void look_up_row(const Table& table, const uint8_t* bytes, Element* values, int32_t count) {
    int32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        uint8x16_t at = vld1q_u8(&values[i].bits);
        uint8x16_t result = vqtbl4q_u8(table[0], at);
        for (int k = 1; k < 4; k++) {
            at = vsubq_u8(at, vdupq_n_u8(64));
            result = vqtbx4q_u8(result, table[k], at);
        }
        vst1q_u8(&values[i].bits, result);
    }
    for (; i < count; i++) values[i].bits = bytes[values[i].bits];
}

FN_INLINE Vec at_most(Vec v, Vec most) { return vminnmq_f32(v, most); }

}  // namespace
}  // namespace FN_NAMESPACE
