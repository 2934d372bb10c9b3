#include "system/linux/cpu_info.h"

#include "cpu_features.h"
#include "system/linux/system_file.h"
#include "test/linux/fake_tree.h"

#include <gtest/gtest.h>

namespace {

TEST(CpuInfo, ModelName) {
    FakeTree tree;
    EXPECT_EQ(fn::read_cpu_model(tree.root()), "unknown CPU");
    tree.write("/proc/cpuinfo", ": odd\nprocessor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD EPYC 9755\nmodel name\t: another\n");
    EXPECT_EQ(fn::read_cpu_model(tree.root()), "AMD EPYC 9755");
    tree.write("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
    EXPECT_EQ(fn::read_cpu_model(tree.root()), "CPU implementer 0x41 part 0xd0c");
}

void write_cache(FakeTree& tree, int index, const char* level, const char* type, const char* size) {
    const std::string directory = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    tree.write(directory + "/level", level);
    tree.write(directory + "/type", type);
    tree.write(directory + "/size", size);
}

TEST(CpuInfo, Caches) {
    FakeTree tree;
    EXPECT_EQ(fn::cache_bytes(tree.root(), 1), 0);
    write_cache(tree, 0, "1\n", "Instruction\n", "32K\n");
    write_cache(tree, 1, "1\n", "Data\n", "48K\n");
    write_cache(tree, 2, "2\n", "Unified\n", "2M\n");
    write_cache(tree, 3, "3\n", "Unified\n", "much\n");
    EXPECT_EQ(fn::cache_bytes(tree.root(), 1), 48 << 10);
    EXPECT_EQ(fn::cache_bytes(tree.root(), 2), 2 << 20);
    EXPECT_EQ(fn::cache_bytes(tree.root(), 3), 0);
    EXPECT_EQ(fn::cache_bytes(tree.root(), 4), 0);
}

TEST(CpuInfo, EveryCoreHasOneThreadBeforeAnyHasTwo) {
    FakeTree tree;
    const auto siblings = [&](int cpu, const char* list) {
        tree.write("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", list);
    };
    EXPECT_EQ(fn::spread_over_cores(tree.root(), {3, 5, 7}), (std::vector<int>{3, 5, 7})) << "nothing known";
    for (int cpu : {0, 1}) siblings(cpu, "0-1\n");
    for (int cpu : {2, 6}) siblings(cpu, "2,6\n");
    for (int cpu : {3, 7}) siblings(cpu, "3,7\n");
    EXPECT_EQ(fn::spread_over_cores(tree.root(), {0, 1, 2, 3, 6, 7}), (std::vector<int>{0, 2, 3, 1, 6, 7}));
    EXPECT_EQ(fn::spread_over_cores(tree.root(), {1, 6, 7}), (std::vector<int>{1, 6, 7})) << "siblings outside the mask";
}

/**
 * The kernel lists a feature in /proc/cpuinfo when the CPU has it and its state is enabled: an independent reading of the same.
 */
TEST(CpuFeatures, AgreeWithProcCpuinfo) {
#if defined(__x86_64__)
    const std::string key = "flags";
#else
    const std::string key = "Features";
#endif
    std::string flags;
    for (const std::string& line : fn::read_lines("/proc/cpuinfo")) {
        if (line.rfind(key, 0) == 0) flags = " " + line.substr(line.find(':') + 1) + " ";
    }
    if (flags.empty()) GTEST_SKIP() << "/proc/cpuinfo has no " << key << " (under emulation it is the host's)";
    for (int bit = 0; bit < 64; bit++) {
        const char* name = fn::cpu_feature_name(bit);
        // Linux knows it, and does not list it.
        if (!name || std::string(name) == "avx_ne_convert") continue;
        const bool listed = flags.find(" " + std::string(name) + " ") != std::string::npos;
        EXPECT_EQ(fn::cpu_features() >> bit & 1, listed) << name;
    }
}

}  // namespace
