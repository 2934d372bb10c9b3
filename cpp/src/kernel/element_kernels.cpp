// Compiled once per ISA and element; an ISA without instructions for the element gets nothing from it.
#include "kernels.h"

#include FN_ELEMENT_HEADER

#if defined(FN_HAS_KERNELS)
#include "convert.h"
#include "multiply.h"
#include "winograd.h"
#endif

namespace FN_NAMESPACE {

#if defined(FN_HAS_KERNELS)
namespace {
const fn::Kernels kernels = {lanes, group, multiply, transform_windows, transform_results, convert_f32, convert_u8};
}
#endif

extern const fn::Kernels* const FN_KERNELS;
const fn::Kernels* const FN_KERNELS =
#if defined(FN_HAS_KERNELS)
    &kernels;
#else
    nullptr;
#endif

}  // namespace FN_NAMESPACE
