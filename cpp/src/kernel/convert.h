#pragma once

#include "isa/this_isa.h"

/** The conversion of input pixels, for the ISA and the element (element/f32.h and its like) included before. */
namespace FN_NAMESPACE {
namespace {

void convert_f32(const float* src, void* dst, int64_t count, const fn::Scale&) {
    Element* p = static_cast<Element*>(dst);
    for (int64_t i = 0; i < count; i += lanes) {
        const Lanes mask = lanes_between(0, count - i < lanes ? static_cast<int>(count - i) : lanes);
        store(p + i, load(src + i, mask), mask);
    }
}

void convert_u8(const uint8_t* src, void* dst, int64_t count) {
    Element* p = static_cast<Element*>(dst);
    int64_t i = 0;
    for (; i + 16 <= count; i += lanes) store(p + i, load_u8(src + i), lanes_between(0, lanes));
    for (; i < count; i++) store(p + i, broadcast(src[i]), lanes_between(0, 1));
}

}  // namespace
}  // namespace FN_NAMESPACE
