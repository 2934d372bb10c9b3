#include "cpu_features.h"

#include "fasternet.h"

#include <gtest/gtest.h>

namespace {

constexpr uint64_t avx_state = 0x7, avx512_state = 0xe7, tile_state = 0x60000;

/** A CPU that has everything. */
fn::X86Registers everything(uint64_t xcr0) { return {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, xcr0}; }

TEST(CpuFeatures, StateTheSystemDoesNotSaveIsNotReported) {
    const uint64_t avx = FN_CPU_AVX2 | FN_CPU_FMA | FN_CPU_F16C | FN_CPU_AVX_VNNI | FN_CPU_AVX_NE_CONVERT;
    const uint64_t avx512 = FN_CPU_AVX512F | FN_CPU_AVX512BW | FN_CPU_AVX512DQ | FN_CPU_AVX512VL | FN_CPU_AVX512_VNNI |
                            FN_CPU_AVX512_VBMI | FN_CPU_AVX512_BF16 | FN_CPU_AVX512_FP16;
    const uint64_t amx = FN_CPU_AMX_TILE | FN_CPU_AMX_BF16 | FN_CPU_AMX_INT8;
    EXPECT_EQ(fn::decode_x86(everything(0)), 0u);
    EXPECT_EQ(fn::decode_x86(everything(0x3)), 0u) << "SSE state only";
    EXPECT_EQ(fn::decode_x86(everything(avx_state)), avx);
    EXPECT_EQ(fn::decode_x86(everything(avx_state | 0x60)), avx) << "upper registers not saved";
    EXPECT_EQ(fn::decode_x86(everything(0xe0)), 0u) << "upper registers without the lower";
    EXPECT_EQ(fn::decode_x86(everything(avx512_state)), avx | avx512);
    EXPECT_EQ(fn::decode_x86(everything(avx512_state | tile_state)), avx | avx512 | amx);
    fn::X86Registers without_osxsave = everything(avx512_state);
    without_osxsave.leaf1_ecx &= ~(1u << 27);
    EXPECT_EQ(fn::decode_x86(without_osxsave), 0u) << "XCR0 cannot be read";
}

TEST(CpuFeatures, Aarch64HwcapBits) {
    EXPECT_EQ(fn::decode_aarch64(0, 0), 0u);
    EXPECT_EQ(fn::decode_aarch64(1u << 1, 0), uint64_t{FN_CPU_NEON});
    EXPECT_EQ(fn::decode_aarch64(1u << 22, 1u << 14), uint64_t{FN_CPU_SVE | FN_CPU_BF16});
    EXPECT_EQ(fn::decode_aarch64(0, 1u << 13), uint64_t{FN_CPU_I8MM});
    EXPECT_EQ(fn::decode_aarch64(1u << 20, 0), uint64_t{FN_CPU_DOTPROD});
}

TEST(CpuFeatures, NamesEndWhereBitsEnd) {
    EXPECT_STREQ(fn::cpu_feature_name(0), "avx2");
    EXPECT_EQ(fn::cpu_feature_name(-1), nullptr);
    EXPECT_EQ(fn::cpu_feature_name(63), nullptr);
    EXPECT_EQ(fn::cpu_feature_name(64), nullptr);
}

}  // namespace
