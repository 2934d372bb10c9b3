#pragma once

#include <string.h>

#include "isa/this_isa.h"

/** The conversion of input pixels to int8, rounded as results are. */
namespace FN_NAMESPACE {
namespace {

void convert_f32(const float* src, void* dst, int64_t count, const fn::Scale& scale) {
    Element* p = static_cast<Element*>(dst);
    const Vec inverse = broadcast(scale.inverse_scale);
    // Within what every ISA can convert to an integer, and far beyond what 8 bits hold; a NaN becomes 255.
    const Vec most = broadcast(0x1p20f), least = broadcast(-0x1p20f);
    const auto quotient = [&](const float* p, int last) __attribute__((always_inline)) {
        return maximum(at_most(multiply(load(p, lanes_between(0, last)), inverse), most), least);
    };
    for (int64_t i = 0; i < count; i += 4 * lanes) {
        const int64_t left = count - i;
        Vec v[4];
        Element* rows[4];
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            const int64_t in_row = left - k * lanes;
            const int last = in_row >= lanes ? lanes : in_row > 0 ? static_cast<int>(in_row) : 0;
            rows[k] = p + i + k * lanes;
            v[k] = last > 0 ? quotient(src + i + k * lanes, last) : broadcast(0);
        }
        if (left >= 4 * lanes) {
            store_rows<4>(rows, v, scale.zero_point, lanes_between(0, lanes));
            continue;
        }
        Element rest[4 * lanes];
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) rows[k] = rest + k * lanes;
        store_rows<4>(rows, v, scale.zero_point, lanes_between(0, lanes));
        memcpy(p + i, rest, static_cast<size_t>(left));
    }
}

void convert_u8(const uint8_t* src, void* dst, int64_t count) { memcpy(dst, src, static_cast<size_t>(count)); }

}  // namespace
}  // namespace FN_NAMESPACE
