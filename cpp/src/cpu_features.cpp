#include "cpu_features.h"

#include "fasternet.h"
#include "system/system.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace fn {

namespace {

struct FeatureName {
    uint64_t feature;
    const char* name;
};

constexpr FeatureName names[] = {
    {FN_CPU_AVX2, "avx2"},
    {FN_CPU_FMA, "fma"},
    {FN_CPU_F16C, "f16c"},
    {FN_CPU_AVX_VNNI, "avx_vnni"},
    {FN_CPU_AVX_NE_CONVERT, "avx_ne_convert"},
    {FN_CPU_AVX512F, "avx512f"},
    {FN_CPU_AVX512BW, "avx512bw"},
    {FN_CPU_AVX512DQ, "avx512dq"},
    {FN_CPU_AVX512VL, "avx512vl"},
    {FN_CPU_AVX512_VNNI, "avx512_vnni"},
    {FN_CPU_AVX512_BF16, "avx512_bf16"},
    {FN_CPU_AVX512_VBMI, "avx512vbmi"},
    {FN_CPU_AVX512_FP16, "avx512_fp16"},
    {FN_CPU_AMX_TILE, "amx_tile"},
    {FN_CPU_AMX_BF16, "amx_bf16"},
    {FN_CPU_AMX_INT8, "amx_int8"},
    {FN_CPU_NEON, "asimd"},
    {FN_CPU_BF16, "bf16"},
    {FN_CPU_I8MM, "i8mm"},
    {FN_CPU_SVE, "sve"},
    {FN_CPU_DOTPROD, "asimddp"},
};

/** `feature` if bit `bit` of `word` is set. */
constexpr uint64_t when(uint64_t word, int bit, uint64_t feature) { return word >> bit & 1 ? feature : 0; }

uint64_t detect() {
#if defined(__x86_64__)
    X86Registers r{};
    uint32_t eax, ebx, ecx, edx;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) r.leaf1_ecx = ecx;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        r.leaf7_ebx = ebx;
        r.leaf7_ecx = ecx;
        r.leaf7_edx = edx;
        if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
            r.leaf7_1_eax = eax;
            r.leaf7_1_edx = edx;
        }
    }
    if (r.leaf1_ecx & bit_OSXSAVE) {
        // The intrinsic would need -mxsave for this whole file.
        uint32_t low, high;
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        r.xcr0 = uint64_t{high} << 32 | low;
    }
    return decode_x86(r);
#else
    return system::cpu_features();
#endif
}

}  // namespace

uint64_t decode_x86(const X86Registers& r) {
    const uint64_t xcr0 = when(r.leaf1_ecx, 27, r.xcr0);
    const auto enabled = [xcr0](uint64_t state) { return (xcr0 & state) == state; };
    constexpr uint64_t sse_avx = 0x6, opmask_zmm = 0xe0, tiles = 0x60000;

    uint64_t features = 0;
    if (enabled(sse_avx)) {
        features |= when(r.leaf7_ebx, 5, FN_CPU_AVX2) | when(r.leaf1_ecx, 12, FN_CPU_FMA) | when(r.leaf1_ecx, 29, FN_CPU_F16C) |
                    when(r.leaf7_1_eax, 4, FN_CPU_AVX_VNNI) | when(r.leaf7_1_edx, 5, FN_CPU_AVX_NE_CONVERT);
    }
    if (enabled(sse_avx | opmask_zmm)) {
        features |= when(r.leaf7_ebx, 16, FN_CPU_AVX512F) | when(r.leaf7_ebx, 30, FN_CPU_AVX512BW) |
                    when(r.leaf7_ebx, 17, FN_CPU_AVX512DQ) | when(r.leaf7_ebx, 31, FN_CPU_AVX512VL) |
                    when(r.leaf7_ecx, 11, FN_CPU_AVX512_VNNI) | when(r.leaf7_ecx, 1, FN_CPU_AVX512_VBMI) |
                    when(r.leaf7_1_eax, 5, FN_CPU_AVX512_BF16) |
                    when(r.leaf7_edx, 23, FN_CPU_AVX512_FP16);
    }
    if (enabled(tiles)) {
        features |= when(r.leaf7_edx, 24, FN_CPU_AMX_TILE) | when(r.leaf7_edx, 22, FN_CPU_AMX_BF16) |
                    when(r.leaf7_edx, 25, FN_CPU_AMX_INT8);
    }
    return features;
}

uint64_t decode_aarch64(uint64_t hwcap, uint64_t hwcap2) {
    return when(hwcap, 1, FN_CPU_NEON) | when(hwcap, 20, FN_CPU_DOTPROD) | when(hwcap, 22, FN_CPU_SVE) |
           when(hwcap2, 13, FN_CPU_I8MM) | when(hwcap2, 14, FN_CPU_BF16);
}

uint64_t cpu_features() {
    static const uint64_t features = detect();
    return features;
}

const char* cpu_feature_name(int bit) {
    for (const FeatureName& n : names) {
        if (bit >= 0 && bit < 64 && n.feature == uint64_t{1} << bit) return n.name;
    }
    return nullptr;
}

}  // namespace fn
