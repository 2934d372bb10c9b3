#include "isa.h"

#include "cpu_features.h"

#include <gtest/gtest.h>
#include <string>

#define DECLARE_COMPILED_FEATURES(name, required) \
    namespace fn_##name {                         \
    extern const uint64_t compiled_features;      \
    }
FN_FOR_EACH_ISA(DECLARE_COMPILED_FEATURES)

namespace {

constexpr uint64_t all_features = ~uint64_t{0};

/**
 * The compiler may use nothing that detection does not ask for, or a kernel dies on an older CPU; the platform's baseline is
 * free.
 */
TEST(Isa, CompilerFlagsMatchWhatDetectionRequires) {
#define EXPECT_SAME(name, required) \
    EXPECT_EQ(fn_##name::compiled_features, uint64_t{required} | fn_portable::compiled_features) << #name;
    FN_FOR_EACH_ISA(EXPECT_SAME)
}

TEST(Isa, TheBestOneIsChosenUpToTheCap) {
    int32_t isa = -1;
    EXPECT_EQ(fn::select_isa(nullptr, nullptr, all_features, &isa), FN_OK);
    EXPECT_EQ(isa, fn::isa_count - 1);
    EXPECT_EQ(fn::select_isa(nullptr, nullptr, 0, &isa), FN_OK);
    EXPECT_EQ(isa, 0);
    for (int cap = 0; cap < fn::isa_count; cap++) {
        EXPECT_EQ(fn::select_isa(nullptr, fn::isas[cap].name, all_features, &isa), FN_OK);
        EXPECT_EQ(isa, cap);
        EXPECT_EQ(fn::select_isa(nullptr, fn::isas[cap].name, 0, &isa), FN_OK) << "a cap above the machine is no request";
        EXPECT_EQ(isa, 0);
    }
}

TEST(Isa, OneAskedForByNameIsThatOneOrAnError) {
    for (int wanted = 0; wanted < fn::isa_count; wanted++) {
        const char* name = fn::isas[wanted].name;
        int32_t isa = -1;
        EXPECT_EQ(fn::select_isa(name, nullptr, fn::isas[wanted].required, &isa), FN_OK);
        EXPECT_EQ(isa, wanted);
        if (wanted == 0) continue;
        isa = -1;
        EXPECT_EQ(fn::select_isa(name, nullptr, 0, &isa), FN_UNSUPPORTED);
        EXPECT_EQ(fn_last_error(), "this CPU cannot run ISA " + std::string(name) + ", expected one of: portable");
        EXPECT_EQ(fn::select_isa(name, "portable", all_features, &isa), FN_UNSUPPORTED);
        EXPECT_EQ(fn_last_error(),
                  "ISA " + std::string(name) + " is above FASTERNET_MAX_ISA=portable, expected one of: portable");
        EXPECT_EQ(isa, -1) << "written in spite of the error";
    }
}

/** Of an ISA those that work are listed, of a cap all. */
TEST(Isa, UnknownNamesAreRefusedWithTheKnownOnes) {
    int32_t isa = -1;
    std::string all = "portable";
    for (int i = 1; i < fn::isa_count; i++) all += std::string(", ") + fn::isas[i].name;
    for (const char* wrong : {"", "AVX2", "avx", "portable "}) {
        const std::string quoted = "\"" + std::string(wrong) + "\", expected one of: ";
        EXPECT_EQ(fn::select_isa(wrong, nullptr, all_features, &isa), FN_UNSUPPORTED) << wrong;
        EXPECT_EQ(fn_last_error(), "there is no ISA " + quoted + all);
        EXPECT_EQ(fn::select_isa(wrong, nullptr, 0, &isa), FN_UNSUPPORTED) << wrong;
        EXPECT_EQ(fn_last_error(), "there is no ISA " + quoted + "portable");
        EXPECT_EQ(fn::select_isa(wrong, "portable", all_features, &isa), FN_UNSUPPORTED) << wrong;
        EXPECT_EQ(fn_last_error(), "there is no ISA " + quoted + "portable");
        for (const char* name : {static_cast<const char*>(nullptr), "portable"}) {
            EXPECT_EQ(fn::select_isa(name, wrong, 0, &isa), FN_UNSUPPORTED) << wrong;
            EXPECT_EQ(fn_last_error(), "FASTERNET_MAX_ISA is " + quoted + all);
        }
    }
}

TEST(Isa, NamesAreEnumerable) {
    for (int i = 0; i < fn::isa_count; i++) EXPECT_STREQ(fn_isa_name(i), fn::isas[i].name);
    EXPECT_EQ(fn_isa_name(fn::isa_count), nullptr);
    EXPECT_EQ(fn_isa_name(-1), nullptr);
}

/** Each ISA this machine has can be forced, and the last of them is chosen. One that is less demanding it need not have. */
TEST(Isa, ThisMachine) {
    int32_t best = -1, isa = -1, last = -1;
    ASSERT_EQ(fn::select_isa(nullptr, nullptr, fn::cpu_features(), &best), FN_OK);
    for (int i = 0; i < fn::isa_count; i++) {
        const bool runs = (fn::isas[i].required & ~fn::cpu_features()) == 0;
        EXPECT_EQ(fn::select_isa(fn::isas[i].name, nullptr, fn::cpu_features(), &isa), runs ? FN_OK : FN_UNSUPPORTED);
        if (runs) last = i;
    }
    EXPECT_EQ(best, last);
}

}  // namespace
