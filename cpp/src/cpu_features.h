#pragma once

#include <cstdint>

namespace fn {

/** The registers that say what an x86-64 CPU can do and what the operating system has enabled of it. */
struct X86Registers {
    uint32_t leaf1_ecx;
    uint32_t leaf7_ebx, leaf7_ecx, leaf7_edx;
    uint32_t leaf7_1_eax, leaf7_1_edx;
    uint64_t xcr0;  // meaningful only if leaf 1 says OSXSAVE
};

/** Mask of fn_cpu_feature. Bits: Intel SDM, volume 2A, CPUID, and volume 1, section 13.3 (XCR0). */
uint64_t decode_x86(const X86Registers& r);

/** Mask of fn_cpu_feature from the auxiliary vector's AT_HWCAP and AT_HWCAP2 on aarch64 Linux. */
uint64_t decode_aarch64(uint64_t hwcap, uint64_t hwcap2);

/** Mask of fn_cpu_feature of the CPU we run on; read once. */
uint64_t cpu_features();

/** nullptr if the bit has no meaning. */
const char* cpu_feature_name(int bit);

}  // namespace fn
