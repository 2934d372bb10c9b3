#pragma once

#include "element/bf16.h"
#include "element/f32.h"
#include "element/int8.h"
#include "kernels.h"

#include <type_traits>

/**
 * The elements that kernels store and multiply, in the order of fn_precision: X(name, type, the caller's layout of dense pixels
 * of it). element/<name>.h has the rest, and native/CMakeLists.txt compiles the kernels of each for every ISA; an ISA without
 * instructions for an element has no kernels of it.
 */
#define FN_FOR_EACH_ELEMENT(X)   \
    X(f32, float, nhwc_f32)      \
    X(bf16, fn::Bf16, nhwc_bf16) \
    X(int8, fn::Quantized, nhwc_u8)

namespace fn {

#define FN_ELEMENT_ROW(name, type, layout) name,
enum class Precision : int32_t { FN_FOR_EACH_ELEMENT(FN_ELEMENT_ROW) };
#undef FN_ELEMENT_ROW

#define FN_ELEMENT_ROW(name, type, layout) #name,
inline constexpr const char* element_names[] = {FN_FOR_EACH_ELEMENT(FN_ELEMENT_ROW)};
#undef FN_ELEMENT_ROW
inline constexpr int element_count = sizeof element_names / sizeof *element_names;

constexpr const char* name_of(Precision precision) { return element_names[static_cast<int>(precision)]; }

constexpr int64_t bytes_of(Precision precision) {
#define FN_ELEMENT_ROW(name, type, layout) sizeof(type),
    constexpr int64_t bytes[] = {FN_FOR_EACH_ELEMENT(FN_ELEMENT_ROW)};
#undef FN_ELEMENT_ROW
    return bytes[static_cast<int>(precision)];
}

/** What weights are packed as, beside elements of a type. */
template <class Element>
struct WeightOf {
    using Type = Element;
};
template <>
struct WeightOf<Quantized> {
    using Type = int8_t;
};
inline void store_element(float value, int8_t* p) { *p = static_cast<int8_t>(value); }

/** Calls visit with a pointer to the bytes as elements of the precision, const if they are. */
template <class Bytes, class Visit>
void with_elements(Precision precision, Bytes* bytes, const Visit& visit) {
    switch (precision) {
#define FN_ELEMENT_ROW(name, type, layout) \
    case Precision::name:                  \
        return visit(reinterpret_cast<std::conditional_t<std::is_const_v<Bytes>, const type, type>*>(bytes));
        FN_FOR_EACH_ELEMENT(FN_ELEMENT_ROW)
#undef FN_ELEMENT_ROW
    }
}

/** nullptr if ISA number `isa` has no kernels of that precision. */
const Kernels* find_kernels(int32_t isa, Precision precision);

}  // namespace fn
