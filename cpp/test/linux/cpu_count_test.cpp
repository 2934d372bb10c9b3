#include "system/linux/cpu_count.h"

#include "test/linux/fake_tree.h"

#include <gtest/gtest.h>
#include <thread>

namespace {

const char* const mount_v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const char* const mounts_v1 =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

TEST(CpuCount, NothingKnownIsOneCpu) {
    FakeTree tree;
    const fn_cpu_count count = fn::count_cpus(tree.root(), 0);
    EXPECT_EQ(count.usable, 1);
    EXPECT_EQ(count.quota, 0);
}

TEST(CpuCount, TheLeastLimitRules) {
    FakeTree tree;
    tree.write("/sys/devices/system/cpu/online", "0-59,62,64-66\n");
    EXPECT_EQ(fn::count_cpus(tree.root(), 64).hardware, 64);
    EXPECT_EQ(fn::count_cpus(tree.root(), 64).usable, 64);
    EXPECT_EQ(fn::count_cpus(tree.root(), 3).usable, 3);
    EXPECT_EQ(fn::count_cpus(tree.root(), 0).usable, 64) << "affinity not known";
    tree.write("/proc/self/mountinfo", mount_v2);
    tree.write("/proc/self/cgroup", "0::/\n");
    const struct { const char* cpu_max; double quota; int usable; } cases[] = {
        {"max 100000\n", 0, 8},      {"150000 100000\n", 1.5, 2}, {"1000 100000\n", 0.01, 1}, {"800000 100000\n", 8, 8},
        {"200000 100000\n", 2, 2},   {"9e18 1\n", 9e18, 8},       {"garbage\n", 0, 8},        {"-5 100000\n", 0, 8},
        {"100000 0\n", 0, 8},        {"", 0, 8},
    };
    for (const auto& c : cases) {
        tree.write("/sys/fs/cgroup/cpu.max", c.cpu_max);
        const fn_cpu_count count = fn::count_cpus(tree.root(), 8);
        EXPECT_DOUBLE_EQ(count.quota, c.quota) << c.cpu_max;
        EXPECT_EQ(count.usable, c.usable) << c.cpu_max;
    }
}

TEST(CpuCount, AnAncestorsQuotaCounts) {
    FakeTree tree;
    tree.write("/proc/self/mountinfo", mount_v2);
    tree.write("/proc/self/cgroup", "0::/a/b/c\n");
    tree.write("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
    tree.write("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    tree.write("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
    tree.write("/sys/fs/cgroup/other/cpu.max", "10000 100000\n");
    EXPECT_DOUBLE_EQ(fn::cgroup_quota(tree.root()), 2.5);
    tree.write("/sys/fs/cgroup/cpu.max", "50000 100000\n");
    EXPECT_DOUBLE_EQ(fn::cgroup_quota(tree.root()), 0.5);
}

TEST(CpuCount, VersionOne) {
    FakeTree tree;
    tree.write("/proc/self/mountinfo", mounts_v1);
    tree.write("/proc/self/cgroup", "3:cpuset:/sets\n2:cpu,cpuacct:/jobs/7\n0::/\n");
    tree.write("/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_period_us", "100000\n");
    tree.write("/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(fn::cgroup_quota(tree.root()), 0);
    tree.write("/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_quota_us", "300000\n");
    EXPECT_DOUBLE_EQ(fn::cgroup_quota(tree.root()), 3);
}

TEST(CpuCount, AContainerSeesItsOwnCgroupAtTheMountPoint) {
    FakeTree tree;
    tree.write("/proc/self/mountinfo", "32 31 0:29 /docker/c1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    tree.write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    tree.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "120000\n");
    for (const char* cgroup :
         {"2:cpu:/docker/c1\n", "2:cpu:/docker/c1/inner\n", "2:cpu:/\n", "2:cpu:/../elsewhere\n", "2:cpu\n", ""}) {
        tree.write("/proc/self/cgroup", cgroup);
        EXPECT_DOUBLE_EQ(fn::cgroup_quota(tree.root()), 1.2) << cgroup;
    }
}

TEST(CpuCount, MountPointsWithBlanksAreUnderstood) {
    FakeTree tree;
    tree.write("/proc/self/mountinfo", "30 23 0:26 / /my\\040groups rw - cgroup2 none rw\nnonsense\n - \n");
    tree.write("/my groups/cpu.max", "500000 100000\n");
    EXPECT_DOUBLE_EQ(fn::cgroup_quota(tree.root()), 5);
}

TEST(CpuCount, ThisMachine) {
    fn_cpu_count count;
    ASSERT_EQ(fn_cpu_count_get(&count), FN_OK);
    EXPECT_EQ(count.affinity, static_cast<int>(std::thread::hardware_concurrency()));
    EXPECT_GE(count.hardware, count.affinity);
    EXPECT_GE(count.usable, 1);
    EXPECT_LE(count.usable, count.affinity);
}

}  // namespace
