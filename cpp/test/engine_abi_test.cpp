#include "machines.h"

#include <chrono>
#include <climits>
#include <cmath>
#include <thread>

namespace {

/** The message of the failed call. */
std::string failure(fn_status status, fn_status expected) {
    EXPECT_EQ(status, expected);
    return fn_last_error();
}

int64_t address(const void* memory) { return reinterpret_cast<int64_t>(memory); }

const std::vector<float> ones(1 << 16, 1.0f);

class EngineAbi : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(fn_model_create(FN_F32, 0, 1, &model_), FN_OK) << fn_last_error(); }
    void TearDown() override {
        fn_program_destroy(program_);
        fn_model_destroy(model_);
    }
    void expect_invalid(fn_status status, const std::string& message) {
        EXPECT_EQ(failure(status, FN_INVALID_ARGUMENT), message);
    }

    /** A first layer of 4 channels. */
    void begin() { ASSERT_EQ(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 3, 4, 2, ones.data(), nullptr), FN_OK); }
    void finish() {
        ASSERT_EQ(fn_model_add_output(model_, FN_NCHW_F32, FN_STORE, nullptr, nullptr), FN_OK);
        ASSERT_EQ(fn_model_finish(model_), FN_OK);
    }

    fn_model* model_ = nullptr;
    fn_program* program_ = nullptr;
};

TEST_F(EngineAbi, ModelsThatCannotBe) {
    fn_model* other = nullptr;
    expect_invalid(fn_model_create(FN_F32, -1, 1, &other), "there is no ISA number -1");
    expect_invalid(fn_model_create(FN_F32, fn::isa_count, 1, &other),
                   "there is no ISA number " + std::to_string(fn::isa_count));
    expect_invalid(fn_model_create(7, 0, 1, &other), "there is no precision 7");
    expect_invalid(fn_model_create(FN_F32, 0, 0, &other), "threads is 0, expected 1 to 1024");
    expect_invalid(fn_model_create(FN_F32, 0, 1, nullptr), "model is NULL");
    EXPECT_EQ(failure(fn_model_create(FN_BF16, 0, 1, &other), FN_UNSUPPORTED), "ISA portable has no bf16 kernels; f32 works");
    EXPECT_EQ(other, nullptr);
}

TEST_F(EngineAbi, LayersThatDoNotFit) {
    expect_invalid(fn_model_add_pool(model_), "the first layer must read pixels");
    expect_invalid(fn_model_add_pool(nullptr), "model is NULL");
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 0, 4, 2, ones.data(), nullptr),
                   "in_channels is 0, expected 1 to 65536");
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 3, 4, 65, ones.data(), nullptr),
                   "kernel is 65, expected 1 to 64");
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 3, 4, 2, nullptr, nullptr), "weights is NULL");
    begin();
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 3, 4, 2, ones.data(), nullptr),
                   "the model has a first layer for layout 0 already");
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NHWC_U8, 3, 8, 2, ones.data(), nullptr),
                   "first layers differ: 3 to 4 channels, kernel 2, and 3 to 8 channels, kernel 2");
    expect_invalid(fn_model_add_input(model_, 4), "the input must be the only layer that reads pixels");
    expect_invalid(fn_model_add_block(model_, 5, 8, FN_RELU, ones.data(), ones.data(), nullptr, ones.data()),
                   "partial is 5, expected 1 to 4");
    expect_invalid(
        fn_model_add_block(model_, 1, 8, 3, ones.data(), ones.data(), nullptr, ones.data()),
        "there is no activation 3");
    ASSERT_EQ(fn_model_add_partial_conv(model_, 1, ones.data()), FN_OK);
    expect_invalid(fn_model_add_partial_conv(model_, 2, ones.data()),
                   "partial is 2, but the layers before convolve 1 channels of the same tensor");
    expect_invalid(fn_model_add_pointwise(model_, 5, FN_NONE, 1, ones.data(), nullptr),
                   "a residual needs as many channels as before: 4, not 5");
    expect_invalid(fn_model_add_output(model_, FN_NHWC_U8, FN_STORE, nullptr, nullptr), "layout 2 is none of an output");
    expect_invalid(fn_model_add_output(model_, FN_NHWC_F32, 3, nullptr, nullptr), "there is no fn_write 3");
    expect_invalid(fn_model_add_pixel_conv(model_, FN_NHWC_U8, 3, 4, 2, ones.data(), nullptr),
                   "a layer that reads pixels must be the first");
    expect_invalid(fn_model_finish(model_), "the model has no output");
    finish();
    expect_invalid(fn_model_add_pool(model_), "the model is finished: no layer can be added");
}

TEST_F(EngineAbi, ProgramsThatCannotBe) {
    begin();
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 1, 0, &program_), "the model is not finished");
    finish();
    EXPECT_EQ(failure(fn_program_create(model_, FN_NHWC_U8, 1, 8, 8, 1, 0, &program_), FN_UNSUPPORTED),
              "the model has no first layer for layout 2");
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 0, 8, 8, 1, 0, &program_), "cannot run 0 images of 8 x 8");
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 1, 8, -1, 1, 0, &program_), "cannot run 1 images of 8 x -1");
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 1, 8, 1, 1, 0, &program_),
                   "images of 8 x 1 are too small: nothing is left after the convolutions at stride");
    EXPECT_EQ(
        failure(fn_program_create(model_, FN_NCHW_F32, INT_MAX, 1 << 20, 1 << 20, 1, 0, &program_), FN_UNSUPPORTED),
        "2147483647 images of 1048576 x 1048576 are too large");
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 0, 0, &program_),
                   "threads is 0, expected 1 to 1024");
    expect_invalid(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 1, -1, &program_),
                   "spin_us is -1, expected 0 or more");
    EXPECT_EQ(program_, nullptr);
}

TEST_F(EngineAbi, RunsThatCannotBe) {
    begin();
    finish();
    ASSERT_EQ(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 1, 0, &program_), FN_OK);
    std::vector<float> result(4 * 4 * 4);
    const int64_t src = address(ones.data());
    const int64_t dst[] = {reinterpret_cast<int64_t>(result.data())};
    expect_invalid(fn_program_run(nullptr, src, 0, address(dst)), "program is NULL");
    expect_invalid(fn_program_run(program_, 0, 0, address(dst)), "src is NULL");
    expect_invalid(fn_program_run(program_, src, 0, 0), "dst is NULL");
    expect_invalid(fn_program_run(program_, src, 31, address(dst)), "src_row_bytes is 31, expected 32 or more, in whole values");
    int64_t shape[4];
    expect_invalid(fn_program_output_shape(program_, 1, shape), "there is no output 1");
    fn_step step;
    expect_invalid(fn_program_step_get(program_, 2, &step), "there is no step 2");
    EXPECT_EQ(fn_program_run(program_, src, 0, address(dst)), FN_OK);
}

/** A program says what it consists of. */
TEST_F(EngineAbi, Steps) {
    begin();
    finish();
    ASSERT_EQ(fn_program_create(model_, FN_NCHW_F32, 5, 9, 8, 1, 0, &program_), FN_OK);
    ASSERT_EQ(fn_program_step_count(program_), 2);
    fn_step step;
    ASSERT_EQ(fn_program_step_get(program_, 0, &step), FN_OK);
    EXPECT_STREQ(step.name, "patch convolution");
    EXPECT_EQ(std::vector<int64_t>(step.shape, step.shape + 4), (std::vector<int64_t>{5, 4, 4, 4}));
    EXPECT_EQ(step.multiply_adds, 5 * 4 * 4 * 4 * 3 * 2 * 2);
    EXPECT_EQ(step.layer, 0);
    ASSERT_EQ(fn_program_step_get(program_, 1, &step), FN_OK);
    EXPECT_EQ(step.layer, 1);
    EXPECT_GE(fn_program_arena_bytes(program_), 5 * 4 * 4 * 4 * 4);
    EXPECT_GE(fn_model_packed_bytes(model_), 4 * 3 * 2 * 2 * 4);
}

/** Times of steps lie within the run, those of threads within the steps; a worker that is free has its part. */
TEST_F(EngineAbi, StepTimes) {
    begin();
    finish();
    const int threads = 2, columns = 1 + threads;
    ASSERT_EQ(fn_program_create(model_, FN_NCHW_F32, 4, 64, 64, threads, 100000, &program_), FN_OK);
    const std::vector<float> src(4 * 3 * 64 * 64, 1.0f);
    std::vector<float> dst(4 * 4 * 32 * 32);
    const int64_t dsts[] = {address(dst.data())};
    std::vector<int64_t> times(fn_program_step_count(program_) * columns, -1);
    expect_invalid(fn_program_step_times(program_, address(times.data())), "the program does not take the times of its steps");
    expect_invalid(fn_program_profile(program_, 2), "on is 2, expected 0 or 1");
    expect_invalid(fn_program_profile(nullptr, 1), "program is NULL");
    ASSERT_EQ(fn_program_profile(program_, 1), FN_OK);
    expect_invalid(fn_program_step_times(program_, 0), "times is NULL");
    ASSERT_EQ(fn_program_step_times(program_, address(times.data())), FN_OK);
    EXPECT_EQ(times, std::vector<int64_t>(times.size(), 0)) << "nothing has run";

    int64_t of_worker = 0;
    for (int run = 0; run < 10000 && of_worker == 0; run++) {
        const auto start = std::chrono::steady_clock::now();
        ASSERT_EQ(fn_program_run(program_, address(src.data()), 0, address(dsts)), FN_OK);
        const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - start;
        ASSERT_EQ(fn_program_step_times(program_, address(times.data())), FN_OK);
        int64_t sum = 0;
        for (size_t row = 0; row < times.size(); row += columns) {
            ASSERT_GT(times[row], 0);
            ASSERT_LE(times[row + 1], times[row]);
            sum += times[row];
            of_worker += times[row + 2];
        }
        ASSERT_LE(sum, elapsed.count());
    }
    EXPECT_GT(of_worker, 0);
    ASSERT_EQ(fn_program_profile(program_, 0), FN_OK);
    expect_invalid(fn_program_step_times(program_, address(times.data())), "the program does not take the times of its steps");
}

/** The caller may do as it likes with its weights once they are added. */
TEST_F(EngineAbi, WeightsAreCopied) {
    std::vector<float> weights(4 * 3 * 2 * 2, 1.0f), bias(4, 2.0f);
    ASSERT_EQ(fn_model_add_pixel_conv(model_, FN_NCHW_F32, 3, 4, 2, weights.data(), bias.data()), FN_OK);
    weights.assign(weights.size(), NAN);
    bias.assign(bias.size(), NAN);
    finish();
    ASSERT_EQ(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 1, 0, &program_), FN_OK);
    std::vector<float> result(4 * 4 * 4);
    const int64_t dst[] = {reinterpret_cast<int64_t>(result.data())};
    ASSERT_EQ(fn_program_run(program_, address(ones.data()), 0, address(dst)), FN_OK);
    EXPECT_EQ(result, std::vector<float>(4 * 4 * 4, 14.0f));
}

/** The model's owner may let go of it while programs run. */
TEST_F(EngineAbi, ProgramsKeepTheirModel) {
    begin();
    finish();
    ASSERT_EQ(fn_program_create(model_, FN_NCHW_F32, 1, 8, 8, 1, 0, &program_), FN_OK);
    fn_model_destroy(model_);
    model_ = nullptr;
    std::vector<float> result(4 * 4 * 4);
    const int64_t dst[] = {reinterpret_cast<int64_t>(result.data())};
    ASSERT_EQ(fn_program_run(program_, address(ones.data()), 0, address(dst)), FN_OK);
    EXPECT_EQ(result, std::vector<float>(4 * 4 * 4, 12.0f));
}

}  // namespace
