// Compiled once per ISA and element; an ISA without instructions for the element gets nothing from it.
#include "kernels.h"

#include FN_ELEMENT_HEADER

#if defined(FN_HAS_KERNELS)
#include FN_FINISH_HEADER
#include "multiply.h"
#if defined(FN_HAS_WINOGRAD)
#include "convert.h"
#include "winograd.h"
#else
#include "quantize.h"
#endif
#endif

namespace FN_NAMESPACE {

#if defined(FN_HAS_KERNELS)
namespace {
const fn::Kernels kernels = {
#if defined(FN_HAS_WINOGRAD)
    lanes, group, 0, multiply, transform_windows, transform_results, convert_f32, convert_u8
#else
    lanes, group, src_offset, multiply, nullptr, nullptr, convert_f32, convert_u8
#endif
};
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
