// Compiled once per ISA: what this ISA's compiler flags allow the compiler to use.
#include "fasternet.h"

namespace FN_NAMESPACE {

extern const uint64_t compiled_features;
const uint64_t compiled_features = 0
#if defined(__AVX2__)
                                   | FN_CPU_AVX2
#endif
#if defined(__FMA__)
                                   | FN_CPU_FMA
#endif
#if defined(__F16C__)
                                   | FN_CPU_F16C
#endif
#if defined(__AVXVNNI__)
                                   | FN_CPU_AVX_VNNI
#endif
#if defined(__AVX512F__)
                                   | FN_CPU_AVX512F
#endif
#if defined(__AVX512BW__)
                                   | FN_CPU_AVX512BW
#endif
#if defined(__AVX512DQ__)
                                   | FN_CPU_AVX512DQ
#endif
#if defined(__AVX512VL__)
                                   | FN_CPU_AVX512VL
#endif
#if defined(__AVX512VNNI__)
                                   | FN_CPU_AVX512_VNNI
#endif
#if defined(__AVX512VBMI__)
                                   | FN_CPU_AVX512_VBMI
#endif
#if defined(__AVX512BF16__)
                                   | FN_CPU_AVX512_BF16
#endif
#if defined(__AVX512FP16__)
                                   | FN_CPU_AVX512_FP16
#endif
#if defined(__ARM_NEON)
                                   | FN_CPU_NEON
#endif
#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
                                   | FN_CPU_BF16
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
                                   | FN_CPU_I8MM
#endif
#if defined(__ARM_FEATURE_SVE)
                                   | FN_CPU_SVE
#endif
#if defined(__ARM_FEATURE_DOTPROD)
                                   | FN_CPU_DOTPROD
#endif
    ;

}  // namespace FN_NAMESPACE
