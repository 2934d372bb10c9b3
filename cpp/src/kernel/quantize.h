#pragma once

#include <string.h>

#include "isa/this_isa.h"

/** The conversion of input pixels to int8, rounded as results are. */
namespace FN_NAMESPACE {
namespace {

/** Four vectors of pixels. */
FN_INLINE void quantize(const float* src, Element* dst, Vec inverse_scale, int32_t zero_point) {
    // Within what every ISA can convert to an integer, and far beyond what 8 bits hold; a NaN becomes 255.
    const Vec most = broadcast(0x1p20f), least = broadcast(-0x1p20f);
    Vec v[4];
    Element* p[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        v[k] = maximum(at_most(multiply(load(src + k * lanes), inverse_scale), most), least);
        p[k] = dst + k * lanes;
    }
    store_rows<4>(p, v, zero_point, lanes_between(0, lanes));
}

void convert_f32(const float* src, void* dst, int64_t count, const fn::Scale& scale) {
    constexpr int block = 4 * lanes;
    Element* p = static_cast<Element*>(dst);
    const Vec inverse = broadcast(scale.inverse_scale);
    const int32_t zero_point = scale.zero_point;
    int64_t i = 0;
    for (; i + block <= count; i += block) quantize(src + i, p + i, inverse, zero_point);
    if (i == count) return;
    float last[block] = {};
    Element stored[block];
    memcpy(last, src + i, static_cast<size_t>(count - i) * sizeof *last);
    quantize(last, stored, inverse, zero_point);
    memcpy(p + i, stored, static_cast<size_t>(count - i));
}

void convert_u8(const uint8_t* src, void* dst, int64_t count) { memcpy(dst, src, static_cast<size_t>(count)); }

}  // namespace
}  // namespace FN_NAMESPACE
