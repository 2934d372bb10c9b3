#pragma once

#include "fasternet.h"

/**
 * The ISAs of this platform, least demanding first: X(name, required fn_cpu_feature bits). native/CMakeLists.txt has the
 * compiler flags of each name and gives each its own namespace fn_<name>; a test compares what the flags switch on with what
 * is required here.
 */
#if defined(__x86_64__)
#define FN_REQUIRES_AVX2 (FN_CPU_AVX2 | FN_CPU_FMA | FN_CPU_F16C)
#define FN_REQUIRES_AVX512 (FN_REQUIRES_AVX2 | FN_CPU_AVX512F | FN_CPU_AVX512BW | FN_CPU_AVX512DQ | FN_CPU_AVX512VL)
#define FN_FOR_EACH_ISA(X)            \
    X(portable, 0)                    \
    X(avx2, FN_REQUIRES_AVX2)         \
    X(avx2_vnni, FN_REQUIRES_AVX2 | FN_CPU_AVX_VNNI) \
    X(avx512, FN_REQUIRES_AVX512)     \
    X(avx512_vnni, FN_REQUIRES_AVX512 | FN_CPU_AVX512_VNNI) \
    X(avx512_bf16, FN_REQUIRES_AVX512 | FN_CPU_AVX512_VNNI | FN_CPU_AVX512_VBMI | FN_CPU_AVX512_BF16)
#elif defined(__aarch64__)
#define FN_FOR_EACH_ISA(X) \
    X(portable, 0)         \
    X(neon, FN_CPU_NEON)   \
    X(neon_dot, FN_CPU_NEON | FN_CPU_DOTPROD) \
    X(neon_bf16, FN_CPU_NEON | FN_CPU_DOTPROD | FN_CPU_I8MM | FN_CPU_BF16)
#else
#define FN_FOR_EACH_ISA(X) X(portable, 0)
#endif

namespace fn {

struct Isa {
    const char* name;
    uint64_t required;  // mask of fn_cpu_feature
};

#define FN_ISA_ROW(name, required) {#name, required},
inline constexpr Isa isas[] = {FN_FOR_EACH_ISA(FN_ISA_ROW)};
#undef FN_ISA_ROW
inline constexpr int isa_count = sizeof isas / sizeof *isas;

/** fn_isa_select() for a CPU with these features; `name` and `cap` may be nullptr: none given. */
fn_status select_isa(const char* name, const char* cap, uint64_t features, int32_t* isa);

}  // namespace fn
