// Compiled once per ISA; an ISA without bf16 instructions gets nothing from it.
#include "kernels.h"

#if defined(__AVX512BF16__) || (defined(FN_NEON) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC))
#define FN_HAS_BF16 1
#else
#define FN_HAS_BF16 0
#endif

#if FN_HAS_BF16
#include "isa/this_isa.h"

#if defined(__AVX512BF16__)
#include "isa/bf16_avx512.h"
#else
#include "isa/bf16_neon.h"
#endif

#define FN_KERNELS bf16
#include "table.h"
#endif

namespace FN_NAMESPACE {
extern const fn::Kernels* const kernels_bf16;
#if FN_HAS_BF16
const fn::Kernels* const kernels_bf16 = &bf16;
#else
const fn::Kernels* const kernels_bf16 = nullptr;
#endif
}  // namespace FN_NAMESPACE
