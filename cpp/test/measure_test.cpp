#include "fasternet_measure.h"

#include "isa.h"
#include "measure/loops.h"
#include "measure/rounds.h"
#include "system/system.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <gtest/gtest.h>
#include <mutex>
#include <random>
#include <set>
#include <system_error>
#include <thread>

namespace {

constexpr int64_t millisecond = 1'000'000;

bool runs(int32_t isa) { return (fn::isas[isa].required & ~fn_cpu_features()) == 0; }

std::string isa_name(const testing::TestParamInfo<int32_t>& info) { return fn::isas[info.param].name; }

/** There is a way, and it takes longer than an instruction and less long than to wake up a thread many times. */
TEST(RoundTrip, IsMeasuredWhereThereAreTwoCpus) {
    double nanoseconds = -1;
    const fn_status status = fn_measure_round_trip(&nanoseconds);
    if (fn::system::affinity_cpus().size() < 2) {
        EXPECT_EQ(FN_UNSUPPORTED, status);
        EXPECT_STREQ("there is one CPU: no way leads to another", fn_last_error());
        return;
    }
    ASSERT_EQ(FN_OK, status) << fn_last_error();
    EXPECT_GT(nanoseconds, 1);
    EXPECT_LT(nanoseconds, 1e7);
}

/** On every ISA of the platform. */
class Measure : public testing::TestWithParam<int32_t> {};
INSTANTIATE_TEST_SUITE_P(Isas, Measure, testing::Range(0, fn::isa_count), isa_name);

/** Every product is one: a loop that did less than it claims, or more, would have another sum. */
TEST_P(Measure, OperationsCountedAreOperationsDone) {
    for (int32_t type = 0; type < fn::measure_types; type++) {
        const fn::ComputeLoop* loop = nullptr;
        if (fn::find_compute_loop(GetParam(), type, &loop) != FN_OK) continue;
        for (int64_t turns : {0, 1, 7, 1000}) {
            EXPECT_EQ(2 * loop->run(turns), static_cast<double>(turns * loop->operations)) << loop->instruction;
        }
    }
}

TEST_P(Measure, TypesAreMeasuredOrRefusedWithASentence) {
    const std::string name = fn::isas[GetParam()].name;
    for (int32_t type : {FN_MEASURE_F32, FN_MEASURE_BF16, FN_MEASURE_INT8}) {
        const fn_measure_options options{GetParam(), 1, 2, millisecond};
        double rates[2] = {-1, -1};
        const char* instruction = fn_measure_instruction(GetParam(), type);
        const fn_status status = fn_measure_compute(&options, type, rates);
        if (instruction) {
            EXPECT_EQ(status, FN_OK) << fn_last_error();
            EXPECT_TRUE(rates[0] > 0 && rates[1] > 0) << instruction;
        } else {
            EXPECT_EQ(status, FN_UNSUPPORTED);
            EXPECT_NE(std::string(fn_last_error()).find("ISA " + name), std::string::npos) << fn_last_error();
            EXPECT_EQ(rates[0], -1) << "written in spite of the error";
        }
    }
    EXPECT_EQ(fn_measure_instruction(GetParam(), FN_MEASURE_F32) != nullptr, runs(GetParam()));
}

/** The instructions, by the features that a CPU has: written down here once more. */
TEST(MeasureInstruction, IsTheOneTheCpuHas) {
    const uint64_t cpu = fn_cpu_features();
    const auto has = [cpu](uint64_t features) { return (features & ~cpu) == 0; };
    const struct { const char* isa; int32_t type; bool expected; const char* instruction; } cases[] = {
        {"portable", FN_MEASURE_F32, true, "multiply, add"},
        {"portable", FN_MEASURE_BF16, false, ""},
        {"portable", FN_MEASURE_INT8, false, ""},
        {"avx2", FN_MEASURE_F32, has(FN_CPU_AVX2 | FN_CPU_FMA | FN_CPU_F16C), "vfmadd"},
        {"avx2", FN_MEASURE_BF16, false, ""},
        {"avx2", FN_MEASURE_INT8, has(FN_CPU_AVX2 | FN_CPU_AVX_VNNI), "vpdpbusd"},
        {"avx512", FN_MEASURE_BF16, false, ""},
        {"avx512", FN_MEASURE_INT8, has(FN_CPU_AVX512BW | FN_CPU_AVX512_VNNI), "vpdpbusd"},
        {"avx512_bf16", FN_MEASURE_BF16, has(FN_CPU_AVX512_BF16), "vdpbf16ps"},
        {"neon", FN_MEASURE_F32, true, "fmla"},
        {"neon", FN_MEASURE_INT8, has(FN_CPU_DOTPROD), "sdot"},
        {"neon_bf16", FN_MEASURE_BF16, has(FN_CPU_BF16), "bfmmla"},
        {"neon_bf16", FN_MEASURE_INT8, has(FN_CPU_BF16 | FN_CPU_I8MM), "smmla"},
    };
    for (int32_t isa = 0; isa < fn::isa_count; isa++) {
        for (const auto& c : cases) {
            if (std::strcmp(c.isa, fn::isas[isa].name) != 0) continue;
            const char* found = fn_measure_instruction(isa, c.type);
            EXPECT_EQ(found ? found : "", std::string(c.expected ? c.instruction : "")) << c.isa << " type " << c.type;
        }
    }
    EXPECT_EQ(fn_measure_instruction(-1, FN_MEASURE_F32), nullptr);
    EXPECT_STREQ(fn_last_error(), ("there is no ISA -1, expected 0 to " + std::to_string(fn::isa_count - 1)).c_str());
    EXPECT_EQ(fn_measure_instruction(0, 3), nullptr);
    EXPECT_STREQ(fn_last_error(), "there is no type 3 to measure, expected 0 to 2");
}

/** Small integers: the sums of a triad are exact, rounded once or twice. */
TEST_P(Measure, MemoryIsReadAndWrittenWholeAndNothingBeside) {
    if (!runs(GetParam())) GTEST_SKIP() << "this CPU cannot run it";
    constexpr int64_t margin = 64;
    std::minstd_rand random(1);
    for (int64_t count : {fn::memory_block / 4, 3 * fn::memory_block / 4}) {
        std::vector<float> before[3];
        for (std::vector<float>& array : before) {
            for (int64_t i = 0; i < count + 2 * margin; i++) array.push_back(static_cast<float>(random() % 1000));
        }
        for (int32_t kind = 0; kind < fn::measure_kinds; kind++) {
            const fn::MemoryLoop* loop = nullptr;
            ASSERT_EQ(fn::find_memory_loop(GetParam(), kind, &loop), FN_OK) << fn_last_error();
            std::vector<float> a = before[0], b = before[1], c = before[2];
            const uint32_t sum = loop->run(a.data() + margin, b.data() + margin, c.data() + margin, count, 2);
            std::vector<float> expected = before[0];
            uint32_t expected_sum = 0;
            for (int64_t i = margin; i < margin + count; i++) {
                uint32_t word;
                std::memcpy(&word, &before[0][i], sizeof word);
                if (kind == FN_MEASURE_READ) expected_sum += 2 * word;
                if (kind == FN_MEASURE_WRITE) expected[i] = 3;
                if (kind == FN_MEASURE_COPY) expected[i] = before[1][i];
                if (kind == FN_MEASURE_TRIAD) expected[i] = before[1][i] + 3 * before[2][i];
            }
            EXPECT_EQ(a, expected) << "kind " << kind;
            EXPECT_EQ(b, before[1]) << "kind " << kind;
            EXPECT_EQ(c, before[2]) << "kind " << kind;
            EXPECT_EQ(sum, expected_sum) << "kind " << kind;
            EXPECT_EQ(loop->arrays, kind == FN_MEASURE_TRIAD ? 3 : kind == FN_MEASURE_COPY ? 2 : 1);
        }
    }
}

/** The least working set, one that divides into nothing, and one that is passed over in several pieces. */
TEST_P(Measure, AnyWorkingSetIsMeasured) {
    if (!runs(GetParam())) GTEST_SKIP() << "this CPU cannot run it";
    const int32_t threads = static_cast<int32_t>(fn::system::affinity_cpus().size());
    for (int32_t kind = 0; kind < fn::measure_kinds; kind++) {
        for (int64_t bytes : {2048, 49999, 3 * (1 << 20) + 777, 7 << 20}) {
            const fn_measure_options options{GetParam(), std::min(threads, 2), 2, millisecond};
            double rates[3] = {0, 0, -1};
            ASSERT_EQ(fn_measure_memory(&options, kind, bytes, rates), FN_OK) << fn_last_error();
            EXPECT_TRUE(rates[0] > 0 && rates[1] > 0) << bytes;
            EXPECT_EQ(rates[2], -1) << "more rounds than asked for";
        }
    }
}

TEST(MeasureArguments, AreRefusedWithASentence) {
    const int cpus = static_cast<int>(fn::system::affinity_cpus().size());
    const std::string too_many = std::to_string(cpus + 1) + " threads cannot each have a CPU: the affinity mask has " +
                                 std::to_string(cpus);
    const struct { fn_measure_options options; fn_status status; std::string message; } cases[] = {
        {{0, 0, 1, 1}, FN_INVALID_ARGUMENT, "threads is 0, expected at least 1"},
        {{0, cpus + 1, 1, 1}, FN_UNSUPPORTED, too_many},
        {{0, 1, 0, 1}, FN_INVALID_ARGUMENT, "rounds is 0, expected at least 1"},
        {{0, 1, 1, 0}, FN_INVALID_ARGUMENT, "round_ns is 0, expected at least 1"},
    };
    double rate = -1;
    for (const auto& c : cases) {
        EXPECT_EQ(fn_measure_compute(&c.options, FN_MEASURE_F32, &rate), c.status);
        EXPECT_EQ(fn_last_error(), c.message);
        EXPECT_EQ(fn_measure_memory(&c.options, FN_MEASURE_READ, 4096, &rate), c.status);
        EXPECT_EQ(fn_last_error(), c.message);
    }
    const fn_measure_options good{0, 1, 1, 1};
    EXPECT_EQ(fn_measure_memory(&good, FN_MEASURE_READ, 2047, &rate), FN_INVALID_ARGUMENT);
    EXPECT_STREQ(fn_last_error(), "the working set is 2047 bytes, expected at least 2048");
    EXPECT_EQ(fn_measure_memory(&good, 4, 4096, &rate), FN_INVALID_ARGUMENT);
    EXPECT_STREQ(fn_last_error(), "there is no kind 4 of memory access to measure, expected 0 to 3");
    EXPECT_EQ(rate, -1) << "written in spite of the error";
    EXPECT_EQ(fn_measure_memory(&good, FN_MEASURE_READ, INT64_C(1) << 60, &rate), FN_OUT_OF_MEMORY);
}

/** A piece that takes at least a millisecond bounds what may be counted in a second. */
TEST(MeasureRounds, WorkOfAllThreadsIsAddedUpForEachRound) {
    const std::vector<int> cpus = fn::system::affinity_cpus();
    const auto threads = static_cast<int32_t>(cpus.size());
    const fn_measure_options options{0, threads, 3, 2 * millisecond};
    std::mutex mutex;
    std::set<int> pinned;
    const std::vector<double> rates = fn::measure_rounds(options, cpus, [&] {
        const std::vector<int> own = fn::system::affinity_cpus();
        const std::lock_guard lock(mutex);
        EXPECT_EQ(own.size(), 1u);
        pinned.insert(own[0]);
        return [] {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return int64_t{1000};
        };
    });
    ASSERT_EQ(rates.size(), 3u);
    for (double rate : rates) {
        EXPECT_GT(rate, 0);
        EXPECT_LE(rate, 1e6 * threads);
    }
    EXPECT_EQ(pinned, std::set<int>(cpus.begin(), cpus.end()));
    EXPECT_EQ(fn::system::affinity_cpus(), cpus) << "the caller is pinned too";
}

TEST(MeasureRounds, WhatOneThreadIsRefusedEndsAll) {
    const std::vector<int> cpus = fn::system::affinity_cpus();
    const fn_measure_options options{0, 2, 1, millisecond};
    const auto piece = [] { return int64_t{1}; };
    EXPECT_THROW(fn::measure_rounds(options, {cpus[0], 1 << 20}, [&] { return piece; }), std::system_error);
    std::atomic<int> begun{0};
    const auto second_fails = [&]() -> fn::Piece {
        if (begun++ == 1) throw std::bad_alloc();
        return piece;
    };
    EXPECT_THROW(fn::measure_rounds(options, {cpus[0], cpus[0]}, second_fails), std::bad_alloc);
}

}  // namespace
