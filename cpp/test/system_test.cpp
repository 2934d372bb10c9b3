// What holds on every operating system; linux/ has what is read from files there.
#include "system/system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <system_error>
#include <thread>

namespace {

using namespace fn::system;

TEST(System, CountsItsCpus) {
    const fn_cpu_count count = count_cpus();
    EXPECT_GE(count.usable, 1);
    EXPECT_LE(count.usable, count.hardware);
    EXPECT_EQ(static_cast<size_t>(count.affinity), affinity_cpus().size());
}

TEST(System, OfCpusAffinityAndQuotaTheLeastIsUsable) {
    EXPECT_EQ(8, usable_of(8, 0, 0).usable) << "affinity not known";
    EXPECT_EQ(3, usable_of(8, 3, 0).usable);
    EXPECT_EQ(2, usable_of(8, 3, 1.2).usable) << "a quota is rounded up";
    EXPECT_EQ(3, usable_of(8, 3, 1e12).usable);
    EXPECT_EQ(1, usable_of(0, 0, 0).usable);
    EXPECT_EQ(4, usable_of(2, 4, 0).hardware) << "some are offline";
}

TEST(System, EveryCpuHasAPlaceInTheOrderOfCores) {
    const std::vector<int> cpus = affinity_cpus();
    std::vector<int> order = spread_over_cores(cpus);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(cpus, order);
}

TEST(System, APinnedThreadHasOneCpu) {
    const std::vector<int> before = affinity_cpus();
    std::thread([&] {
        pin_this_thread(before.back());
        EXPECT_EQ(std::vector<int>{before.back()}, affinity_cpus());
    }).join();
    EXPECT_EQ(before, affinity_cpus());
    EXPECT_THROW(pin_this_thread(1 << 20), std::system_error);
}

TEST(System, KnowsItsCpu) {
    EXPECT_FALSE(cpu_model().empty());
    for (int level : {1, 2, 3}) EXPECT_EQ(0, cache_bytes(level) % 1024) << level;
    EXPECT_EQ(0, cache_bytes(9));
}

TEST(System, FindsNothingOfALibraryThatIsNotLoaded) {
    EXPECT_EQ(nullptr, onednn_function("dnnl_primitive_execute"));
}

}  // namespace
