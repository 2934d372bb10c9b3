#include "machines.h"

#include <cmath>
#include <cstring>

namespace {

/** What fn_model_quantize and the layers behind it refuse. */
class Int8Abi : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(fn_model_create(FN_INT8, 0, 1, &model_), FN_OK) << fn_last_error();
        ASSERT_EQ(fn_model_quantize_src(model_, 1, 7), FN_OK);
        ASSERT_EQ(fn_model_add_input(model_, 4), FN_OK);
    }
    void TearDown() override { fn_model_destroy(model_); }

    fn_status quantize(int32_t channels, int32_t zero_point, float scale = 0.25f, const uint8_t* table = nullptr) {
        const std::vector<int32_t> bias(channels);
        const std::vector<float> scales(channels, scale);
        return fn_model_quantize(model_, channels, bias.data(), scales.data(), 0, zero_point, table);
    }

    static void refused(fn_status status, const char* sentence) {
        EXPECT_EQ(status, FN_INVALID_ARGUMENT);
        EXPECT_STREQ(fn_last_error(), sentence);
    }

    fn_model* model_ = nullptr;
    const std::vector<float> weights_ = std::vector<float>(64, 3);
};

TEST_F(Int8Abi, RefusesScales) {
    refused(quantize(2, 256), "zero_point is 256, expected 0 to 255");
    refused(quantize(2, -2), "zero_point is -2, expected 0 to 255");
    refused(quantize(2, 0, 0.51f), "scale is 0.51, expected 0 to 0.5");
    refused(quantize(2, 0, -0.1f), "scale is -0.1, expected 0 to 0.5");
    refused(quantize(2, 0, NAN), "scale is nan, expected 0 to 0.5");
    const uint8_t table[256] = {};
    refused(quantize(2, FN_DEQUANTIZE, 1, table), "zero_point is -1, expected 0 to 255");
    refused(quantize(0, 0), "channels is 0, expected 1 to 65536");
    refused(fn_model_quantize(model_, 1, nullptr, weights_.data(), 0, 0, nullptr), "bias is NULL");
    const int32_t bias = 0;
    refused(fn_model_quantize(model_, 1, &bias, nullptr, 0, 0, nullptr), "scale is NULL");
    const float scale = 0.1f;
    refused(fn_model_quantize(model_, 1, &bias, &scale, INFINITY, 0, nullptr), "residual_scale is inf, expected 0 to 65536");
    refused(fn_model_quantize_src(model_, 1, 0), "fn_model_quantize_src comes before the first layer");
}

TEST_F(Int8Abi, RefusesLayersThatDoNotFitTheirQuantizations) {
    refused(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights_.data(), nullptr),
            "fn_model_quantize was called 0 times, expected 1 for this layer");
    ASSERT_EQ(quantize(3, 0), FN_OK);
    refused(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights_.data(), nullptr),
            "fn_model_quantize was given 3 channels, the layer's matrix has 4");
    refused(fn_model_add_block(model_, 1, 4, FN_NONE, weights_.data(), weights_.data(), nullptr, weights_.data()),
            "fn_model_quantize was called 1 times, expected 3 for this layer");
}

TEST_F(Int8Abi, RefusesWeightsThatAreNoBytes) {
    ASSERT_EQ(quantize(4, 0), FN_OK);
    std::vector<float> weights(16, 1);
    for (float bad : {0.5f, 128.0f, -128.0f, NAN, INFINITY}) {
        weights[9] = bad;
        EXPECT_EQ(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights.data(), nullptr), FN_INVALID_ARGUMENT);
        EXPECT_NE(std::strstr(fn_last_error(), "weight 9 is "), nullptr) << fn_last_error();
    }
    refused(fn_model_add_pointwise(model_, 4, FN_GELU, 0, weights_.data(), nullptr),
            "in int8 a layer's bias and activation are those of fn_model_quantize");
    refused(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights_.data(), weights_.data()),
            "in int8 a layer's bias and activation are those of fn_model_quantize");
}

TEST_F(Int8Abi, RefusesAnotherZeroPointInPlace) {
    ASSERT_EQ(quantize(1, 8), FN_OK);
    refused(fn_model_add_partial_conv(model_, 1, weights_.data()), "the zero point is 8, expected 7: that of what is changed");
}

TEST_F(Int8Abi, RefusesF32InTheMiddle) {
    ASSERT_EQ(quantize(4, FN_DEQUANTIZE), FN_OK);
    refused(fn_model_add_patch_conv(model_, 4, 1, weights_.data(), nullptr),
            "FN_DEQUANTIZE is for a pointwise layer without a residual or a table");
    ASSERT_EQ(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights_.data(), nullptr), FN_OK);
    ASSERT_EQ(quantize(4, 0), FN_OK);
    refused(fn_model_add_pointwise(model_, 4, FN_NONE, 0, weights_.data(), nullptr),
            "a layer behind FN_DEQUANTIZE: its result is f32, and for the caller alone");
}

TEST_F(Int8Abi, OfAnotherPrecision) {
    fn_model* f32 = nullptr;
    ASSERT_EQ(fn_model_create(FN_F32, 0, 1, &f32), FN_OK);
    refused(fn_model_quantize_src(f32, 1, 0), "the model's precision is f32, expected int8");
    fn_model_destroy(f32);
    refused(fn_model_quantize_src(nullptr, 1, 0), "model is NULL");
    fn_program* program = nullptr;
    ASSERT_EQ(fn_model_add_output(model_, FN_NHWC_U8, FN_STORE, nullptr, nullptr), FN_OK);
    ASSERT_EQ(fn_model_finish(model_), FN_OK);
    EXPECT_EQ(fn_program_create(model_, FN_NHWC_F32, 1, 1, 1, 1, 0, &program), FN_UNSUPPORTED);
    EXPECT_STREQ(fn_last_error(), "the model has no first layer for layout 1");
}

}  // namespace
