#include "cpu_info.h"

#include "fake_tree.h"

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

}  // namespace
