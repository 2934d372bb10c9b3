#include "machines.h"
#include "network.h"

#include <cstring>

namespace {

class Engine : public testing::TestWithParam<Machine> {};

INSTANTIATE_TEST_SUITE_P(Machines, Engine, testing::ValuesIn(machines()), machine_name);

/**
 * Every number of channels around one and two vectors of any ISA, every number of them touched that crosses a vector.
 */
TEST_P(Engine, BlockOfAnyChannels) {
    for (int32_t channels = 1; channels <= 33; channels++) {
        for (int32_t partial : {1, channels / 4, channels / 2, channels}) {
            if (partial < 1) continue;
            Network net(GetParam(), 1, channels, 3, 5, channels);
            net.input();
            net.block(partial, channels % 7 + channels, FN_GELU);
            net.output();
            net.finish();
            net.expect_right(net.run(1),
                             std::to_string(channels) + " channels, " + std::to_string(partial) + " touched");
        }
    }
}

/** Heights that leave every remainder of a register tile, images of one pixel, one row, one column, wide and tall. */
TEST_P(Engine, BlockOfAnySize) {
    std::vector<std::pair<int, int>> sizes = {{1, 1}, {1, 40}, {40, 1}, {2, 30}, {30, 2}, {7, 7}, {5, 14}};
    for (int width = 2; width <= 29; width++) sizes.push_back({1, width});
    for (auto [height, width] : sizes) {
        Network net(GetParam(), 2, 20, height, width);
        net.input();
        net.block(5, 40, FN_RELU);
        net.block(5, 37, FN_GELU);
        net.block(5, 16, FN_NONE);
        net.output();
        net.finish();
        net.expect_right(net.run(1), std::to_string(height) + " x " + std::to_string(width));
    }
}

/** Pieces of whole pairs of image rows, of an odd number of them, of parts of rows; pairs longer than a piece may be. */
TEST_P(Engine, BlockInPieces) {
    for (auto [height, width] : {std::pair{20, 30}, {21, 31}, {14, 14}, {4, 113}, {3, 121}, {5, 240}}) {
        Network net(GetParam(), 2, 9, height, width);
        net.input();
        net.block(5, 12, FN_RELU);
        net.output();
        net.finish();
        for (int threads : {1, 2, 3, 16})
            net.expect_right(net.run(threads), std::to_string(height) + " x " + std::to_string(width) + ", " +
                                                   std::to_string(threads) + " threads");
    }
}

TEST_P(Engine, PatchesOfAnyKernelAndRemainder) {
    for (int kernel : {1, 2, 3, 4, 5}) {
        for (int32_t channels : {1, 3, 4}) {
            const int height = 2 * kernel + kernel / 2, width = 9 * kernel + kernel - 1;
            Network net(GetParam(), 2, channels, height, width, kernel);
            net.round_source();
            net.pixel_conv(19, kernel);
            net.output();
            net.finish();
            for (fn_layout layout : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_U8})
                net.expect_right(net.run(2, layout),
                                 "kernel " + std::to_string(kernel) + ", layout " + std::to_string(layout));
        }
    }
}

TEST_P(Engine, RowsOfPixelsAtAnyStride) {
    Network net(GetParam(), 2, 3, 8, 12);
    net.round_source();
    net.pixel_conv(10, 4);
    net.output();
    net.finish();
    const std::vector<float> dense = net.pixels(FN_NHWC_U8);
    const int64_t row = 12 * 3, stride = row + 5;
    std::vector<uint8_t> apart(stride * 16, 255);
    for (int64_t r = 0; r < 16; r++)
        for (int64_t i = 0; i < row; i++) apart[r * stride + i] = static_cast<uint8_t>(dense[r * row + i]);
    net.expect_right(net.run_on(apart.data(), stride, 1, FN_NHWC_U8), "8-bit rows with padding");

    const std::vector<float> planes = net.pixels(FN_NCHW_F32);
    std::vector<float> rows(2 * 3 * 8 * 15, NAN);
    for (int64_t r = 0; r < 2 * 3 * 8; r++) std::copy_n(&planes[r * 12], 12, &rows[r * 15]);
    net.expect_right(net.run_on(rows.data(), 15 * sizeof(float), 1, FN_NCHW_F32), "f32 rows with NaN between");
}

TEST_P(Engine, SingleLayers) {
    for (int32_t partial : {1, 4, 17, 20}) {
        Network net(GetParam(), 2, 20, 6, 9);
        net.input();
        net.partial_conv_only(partial);
        net.output(FN_NHWC_F32);
        net.finish();
        net.expect_right(net.run(2), "partial convolution");
        net.expect_right(net.run(2, FN_NHWC_F32), "partial convolution from NHWC");
    }
    for (bool residual : {false, true}) {
        for (fn_activation activation : {FN_NONE, FN_RELU, FN_GELU}) {
            Network net(GetParam(), 1, 21, 5, 7);
            net.input();
            net.pointwise(21, activation, residual);
            net.output();
            net.finish();
            net.expect_right(net.run(1), "pointwise");
        }
    }
}

/** A residual adds two tensors: they must have the same channels apart, whatever stands before and behind. */
TEST_P(Engine, PointwiseBetweenBlocks) {
    for (bool residual : {false, true}) {
        Network net(GetParam(), 1, 12, 5, 7);
        net.input();
        net.pointwise(12, FN_RELU, residual);
        net.block(3, 24, FN_RELU);
        net.output(FN_NCHW_F32, true);
        net.pointwise(12, FN_NONE, residual);
        net.block(3, 24, FN_RELU);
        net.pointwise(12, FN_NONE, residual);
        net.output();
        net.finish();
        net.expect_right(net.run(2), residual ? "with residual" : "without");
    }
}

void add_classifier(Network& net, fn_activation activation) {
    net.pixel_conv(20, 4);
    net.block(5, 40, activation);
    net.patch_conv(40, 2);
    net.block(10, 80, activation);
    net.block(10, 80, activation);
    net.patch_conv(81, 2);
    net.block(27, 100, activation);
    net.pool();
    net.pointwise(70, activation);
    net.pointwise(33, FN_NONE);
    net.output();
}

TEST_P(Engine, WholeClassifier) {
    for (fn_activation activation : {FN_RELU, FN_GELU}) {
        Network net(GetParam(), 2, 3, 37, 58);
        add_classifier(net, activation);
        net.finish();
        net.expect_right(net.run(2), "classifier");
    }
}

/** More images than the caches hold: the batch is done in parts. */
TEST_P(Engine, LargeBatch) {
    Network net(GetParam(), 6, 3, 160, 160);
    net.pixel_conv(48, 4);
    net.block(12, 16, FN_RELU);
    net.output(FN_NHWC_F32);
    net.patch_conv(20, 8);
    net.pool();
    net.pointwise(10, FN_NONE);
    net.output();
    net.finish();
    net.expect_right(net.run(1), "batch in six parts");
    net.expect_right(net.run(2), "batch in three parts");
}

TEST_P(Engine, FeaturesOfEveryStage) {
    Network net(GetParam(), 2, 3, 33, 20);
    net.pixel_conv(16, 4);
    net.block(4, 32, FN_GELU);
    net.output(FN_NCHW_F32, true);
    net.patch_conv(32, 2);
    net.block(8, 64, FN_GELU);
    net.output(FN_NHWC_F32, true);
    net.patch_conv(64, 2);
    net.block(16, 128, FN_GELU);
    net.output();
    net.finish();
    net.expect_right(net.run(3), "features");
}

TEST_P(Engine, ResultsDoNotDependOnThreads) {
    Network net(GetParam(), 1, 3, 56, 61);
    add_classifier(net, FN_GELU);
    net.finish();
    const auto alone = net.run(1);
    for (int threads : {2, 3, 5, 16}) {
        const auto together = net.run(threads);
        EXPECT_EQ(std::memcmp(alone[0].data(), together[0].data(), alone[0].size() * sizeof(float)), 0)
            << threads << " threads";
    }
}

/** What a run leaves in the arena must not show in the next one. */
TEST_P(Engine, RunsDoNotInfluenceEachOther) {
    Network net(GetParam(), 1, 3, 24, 24);
    add_classifier(net, FN_RELU);
    net.finish();
    const std::vector<float> src = net.pixels(FN_NCHW_F32);
    const auto once = net.run_on(src.data(), 0, 2, FN_NCHW_F32);
    const auto often = net.run_on(src.data(), 0, 2, FN_NCHW_F32, 5);
    EXPECT_EQ(once, often);
}

}  // namespace
