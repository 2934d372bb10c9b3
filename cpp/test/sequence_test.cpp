// What can be tested without oneDNN in the process; the Java tests run whole networks through sequences.
#include "fasternet_onednn.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

TEST(Sequence, WithoutOneDnnIsRefusedInASentence) {
    fn_sequence* sequence = nullptr;
    EXPECT_EQ(FN_UNSUPPORTED, fn_sequence_create(1, 1, nullptr, &sequence));
    EXPECT_STREQ("oneDNN (libdnnl.so.3) is not loaded in this process", fn_last_error());
    EXPECT_EQ(nullptr, sequence);
}

TEST(Sequence, ImpossibleSizesAreRefused) {
    fn_sequence* sequence = nullptr;
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(0, 1, nullptr, &sequence));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(1025, 1, nullptr, &sequence));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(1, -1, nullptr, &sequence));
}

/** In a process of its own: 0 if one thread more than the system allows is refused in a sentence. */
[[noreturn]] void ask_for_too_many_threads() {
    rlimit one{1, 1};
    // The limit does not bind root, so root becomes nobody.
    bool limited = setrlimit(RLIMIT_NPROC, &one) == 0 && (geteuid() != 0 || setuid(65534) == 0);
    fn_sequence* sequence = nullptr;
    bool refused = fn_sequence_create(2, 1, nullptr, &sequence) == FN_UNSUPPORTED;
    std::_Exit(limited && refused && std::strstr(fn_last_error(), "refuses to start them") != nullptr ? 0 : 1);
}

TEST(Sequence, MoreThreadsThanTheSystemAllowsAreRefused) {
    EXPECT_EXIT(ask_for_too_many_threads(), testing::ExitedWithCode(0), "");
}

TEST(OpenMp, TheNumberOfThreadsIsSetAndHandedBack) {
    int32_t before = omp_get_max_threads();
    EXPECT_EQ(before, fn_openmp_set_threads(before + 2));
    EXPECT_EQ(before + 2, fn_openmp_set_threads(before));
    EXPECT_EQ(before, omp_get_max_threads());
}

TEST(Memory, IsZeroedAndAligned) {
    for (int64_t bytes : {0, 1, 63, 64, 65, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1}) {
        auto* memory = static_cast<unsigned char*>(fn_alloc(bytes));
        ASSERT_NE(nullptr, memory) << bytes;
        EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % 64) << bytes;
        for (int64_t i = 0; i < bytes; i++) {
            ASSERT_EQ(0, memory[i]) << i << " of " << bytes;
        }
        std::memset(memory, 1, static_cast<size_t>(bytes));
        fn_free(memory);
    }
    EXPECT_EQ(nullptr, fn_alloc(-1));
    fn_free(nullptr);
}
