// Sequences on a fake oneDNN; the Java tests run whole networks through them on the real one.
#include "onednn/sequence.h"

#include "system/system.h"

#include <gtest/gtest.h>
#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/** A fake oneDNN that writes down what it is asked: the real one is not there when C++ is built. */
namespace fake {

std::vector<std::string> calls;
int status = 0;

int execute(const void* primitive, void*, int count, const void*) {
    const std::string name = static_cast<const char*>(primitive);
    calls.push_back("execute " + name + " " + std::to_string(count));
    if (name == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return status;
}
int wait(void*) {
    calls.push_back("wait");
    return 0;
}
int set_data_handle(void* memory, void* data) {
    *static_cast<void**>(memory) = data;
    return 0;
}
int threads = 3;
int get_threads() { return threads; }
void set_threads(int count) { threads = count; }
int thread_limit() { return 64; }
const fn::OneDnn onednn{execute, wait, set_data_handle, get_threads, set_threads, thread_limit};

}  // namespace fake

TEST(Sequence, WithoutOneDnnIsRefusedInASentence) {
    fn_sequence* sequence = nullptr;
    EXPECT_EQ(FN_UNSUPPORTED, fn_sequence_create(1, 1, nullptr, &sequence));
    EXPECT_EQ("oneDNN (" + std::string(fn::system::onednn_file()) + ") is not loaded in this process", fn_last_error());
    EXPECT_EQ(nullptr, sequence);
}

TEST(Sequence, ImpossibleSizesAreRefused) {
    fn_sequence* sequence = nullptr;
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(0, 1, nullptr, &sequence));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(1025, 1, nullptr, &sequence));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_create(1, -1, nullptr, &sequence));
}

#if defined(__linux__)

/** In a process of its own: 0 if one thread more than the system allows is refused in a sentence. */
[[noreturn]] void ask_for_too_many_threads() {
    rlimit one{1, 1};
    // The limit does not bind root, so root becomes nobody.
    bool limited = setrlimit(RLIMIT_NPROC, &one) == 0 && (geteuid() != 0 || setuid(65534) == 0);
    fn_sequence* sequence = nullptr;
    bool refused = fn::create_sequence(2, 1, nullptr, &fake::onednn, &sequence) == FN_UNSUPPORTED;
    std::_Exit(limited && refused && std::strstr(fn_last_error(), "refuses to start them") != nullptr ? 0 : 1);
}

TEST(Sequence, MoreThreadsThanTheSystemAllowsAreRefused) {
    EXPECT_EXIT(ask_for_too_many_threads(), testing::ExitedWithCode(0), "");
}

#endif

TEST(OpenMp, TheNumberOfThreadsIsSetAndHandedBack) {
    EXPECT_EQ(3, fn::set_openmp_threads(fake::onednn, 5));
    EXPECT_EQ(5, fn::set_openmp_threads(fake::onednn, 3));
    EXPECT_EQ(3, fake::threads);
    EXPECT_EQ(7, fn_openmp_set_threads(7)) << "there is none to set";
}

TEST(OpenMp, ItsLimitIsKept) {
    fn_sequence* sequence = nullptr;
    EXPECT_EQ(FN_UNSUPPORTED, fn::create_sequence(65, 1, nullptr, &fake::onednn, &sequence));
    EXPECT_STREQ("65 threads were asked for, the OpenMP runtime is limited to 64 (OMP_THREAD_LIMIT)", fn_last_error());
    EXPECT_EQ(3, fake::threads);
    fn::OneDnn unlimited = fake::onednn;
    unlimited.omp_get_thread_limit = nullptr;
    ASSERT_EQ(FN_OK, fn::create_sequence(65, 1, nullptr, &unlimited, &sequence)) << fn_last_error();
    fn_sequence_destroy(sequence);
}

class SequenceOnFake : public testing::Test {
protected:
    void SetUp() override {
        fake::calls.clear();
        fake::status = 0;
    }
    void TearDown() override {
        fn_sequence_destroy(sequence);
        EXPECT_EQ(3, fake::threads) << "the caller's number of threads";
    }

    void create(int32_t threads, int32_t slots) {
        ASSERT_EQ(FN_OK, fn::create_sequence(threads, slots, nullptr, &fake::onednn, &sequence)) << fn_last_error();
    }
    void bind(int32_t slot, std::vector<float>& memory) {
        ASSERT_EQ(FN_OK, fn_sequence_bind(sequence, slot, reinterpret_cast<int64_t>(memory.data())));
    }

    fn_sequence* sequence = nullptr;
};

TEST_F(SequenceOnFake, StepsRunInOrderAndStopAtAFailure) {
    create(1, 0);
    char first[] = "first", second[] = "second";
    fn_sequence_add_primitive(sequence, first, nullptr, 2);
    fn_sequence_add_primitive(sequence, second, nullptr, 3);
    EXPECT_EQ(FN_OK, fn_sequence_run(sequence));
    EXPECT_EQ((std::vector<std::string>{"execute first 2", "execute second 3", "wait"}), fake::calls);
    fake::calls.clear();
    fake::status = 3;
    EXPECT_EQ(FN_INTERNAL, fn_sequence_run(sequence));
    EXPECT_STREQ("oneDNN failed to execute a primitive: status 3", fn_last_error());
    EXPECT_EQ(std::vector<std::string>{"execute first 2"}, fake::calls);
}

TEST_F(SequenceOnFake, StepsAreTimed) {
    create(1, 2);
    char first[] = "first", slow[] = "slow";
    std::vector<float> a(4), b(4);
    bind(0, a);
    bind(1, b);
    fn_sequence_add_primitive(sequence, first, nullptr, 0);
    fn_sequence_add_primitive(sequence, slow, nullptr, 0);
    fn_sequence_add_copy(sequence, 0, 0, 4, 1, 0, 4, 4, 4);
    std::vector<int64_t> times(3, -1);
    const int64_t place = reinterpret_cast<int64_t>(times.data());
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_step_times(sequence, place));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_profile(sequence, -1));
    ASSERT_EQ(FN_OK, fn_sequence_profile(sequence, 1));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_step_times(sequence, 0));
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(FN_OK, fn_sequence_run(sequence));
    const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - start;
    ASSERT_EQ(FN_OK, fn_sequence_step_times(sequence, place));
    EXPECT_GE(times[0], 0);
    EXPECT_GE(times[1], 5'000'000);
    EXPECT_GE(times[2], 0);
    EXPECT_LE(times[0] + times[1] + times[2], elapsed.count());
    fake::status = 3;
    EXPECT_EQ(FN_INTERNAL, fn_sequence_run(sequence));
    ASSERT_EQ(FN_OK, fn_sequence_profile(sequence, 0));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_step_times(sequence, place));
}

TEST_F(SequenceOnFake, MemoryFollowsItsSlot) {
    create(1, 2);
    void* memory = nullptr;
    std::vector<float> a(4), b(4);
    ASSERT_EQ(FN_OK, fn_sequence_attach(sequence, 1, &memory));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_attach(sequence, 2, &memory));
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_bind(sequence, 0, 0));
    bind(0, a);
    EXPECT_EQ(FN_INVALID_ARGUMENT, fn_sequence_run(sequence)) << "slot 1 is not bound";
    bind(1, b);
    EXPECT_EQ(b.data(), memory);
    bind(1, a);
    EXPECT_EQ(a.data(), memory);
    EXPECT_EQ(FN_OK, fn_sequence_run(sequence));
}

#ifdef __SANITIZE_THREAD__
const std::vector<int64_t> row_counts{1, 7};  // it does not see the barriers of libgomp
#else
const std::vector<int64_t> row_counts{1, 7, 40000};
#endif

/** Rows of 3 out of 5 floats to rows of 3 out of 4, at offsets, few (by the caller) and many (by a parallel region). */
TEST_F(SequenceOnFake, CopiesTouchTheirRowsOnly) {
    for (int64_t rows : row_counts) {
        create(2, 2);
        std::vector<float> src(static_cast<size_t>(5 * rows)), dst(static_cast<size_t>(4 * rows), -1);
        for (size_t i = 0; i < src.size(); i++) src[i] = static_cast<float>(i);
        ASSERT_EQ(FN_OK, fn_sequence_add_copy(sequence, 0, 2 * 4, 5 * 4, 1, 1 * 4, 4 * 4, rows, 3 * 4));
        bind(0, src);
        bind(1, dst);
        ASSERT_EQ(FN_OK, fn_sequence_run(sequence));
        for (int64_t row = 0; row < rows; row++) {
            ASSERT_EQ(-1, dst[4 * row]) << row;
            for (int64_t i = 0; i < 3; i++) ASSERT_EQ(static_cast<float>(5 * row + 2 + i), dst[4 * row + 1 + i]) << row;
        }
        fn_sequence_destroy(std::exchange(sequence, nullptr));
    }
}
