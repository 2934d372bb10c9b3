#include "int8_network.h"

namespace {

/** Every ISA's int8 against plain loops, to the bit. */
class Int8Engine : public testing::TestWithParam<Machine> {
protected:
    static void expect_right(const Int8Network& net, const std::string& what) {
        for (int threads : {1, 2, 3}) {
            const std::vector<uint8_t> found = net.run(threads), expected = net.expected();
            ASSERT_EQ(found.size(), expected.size());
            size_t wrong = 0, first = 0;
            for (size_t i = found.size(); i-- > 0;)
                if (found[i] != expected[i]) wrong++, first = i;
            ASSERT_EQ(wrong, 0u) << what << ", " << threads << " threads: of " << found.size() << ", the first at " << first
                                 << ": " << int{found[first]} << ", expected " << int{expected[first]};
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Machines, Int8Engine, testing::ValuesIn(int8_machines()), machine_name);

/** Around one and two vectors of any ISA, every number of touched channels that crosses a vector, groups of four in part. */
TEST_P(Int8Engine, BlockOfAnyChannels) {
    for (int32_t channels = 1; channels <= 35; channels++) {
        for (int32_t partial : {1, channels / 4, channels / 2, channels}) {
            if (partial < 1) continue;
            Int8Network net(GetParam(), 1, channels, 3, 5, channels);
            net.input();
            net.block(partial, channels % 7 + 2 * channels, channels % 2 == 0);
            net.output();
            net.finish();
            expect_right(net, std::to_string(channels) + " channels, " + std::to_string(partial) + " touched");
        }
    }
}

/** Heights that leave every remainder of a register tile; one pixel, one row, one column. */
TEST_P(Int8Engine, BlocksOfAnySize) {
    std::vector<std::pair<int, int>> sizes = {{1, 1}, {1, 40}, {40, 1}, {2, 30}, {30, 2}, {7, 7}, {5, 14}, {21, 31}};
    for (int width = 2; width <= 29; width++) sizes.push_back({1, width});
    for (auto [height, width] : sizes) {
        Int8Network net(GetParam(), 2, 20, height, width, static_cast<uint32_t>(height * 100 + width));
        net.input();
        net.block(5, 40, true);
        net.block(5, 37, false);
        net.output();
        net.finish();
        expect_right(net, std::to_string(height) + " x " + std::to_string(width));
    }
}

TEST_P(Int8Engine, PartialConvolution) {
    for (int32_t partial : {1, 3, 4, 10, 17, 24}) {
        Int8Network net(GetParam(), 2, 24, 5, 6, static_cast<uint32_t>(partial));
        net.input();
        net.partial_conv(partial);
        net.output();
        net.finish();
        expect_right(net, std::to_string(partial) + " touched");
    }
}

TEST_P(Int8Engine, PointwiseOfAnyDepth) {
    for (int32_t channels = 1; channels <= 19; channels++) {
        for (bool residual : {false, true}) {
            Int8Network net(GetParam(), 1, channels, 4, 7, static_cast<uint32_t>(channels));
            net.input();
            net.pointwise(residual ? channels : 40 - channels, !residual && channels % 2 == 0, residual);
            net.output();
            net.finish();
            expect_right(net, std::to_string(channels) + (residual ? " channels, residual" : " channels"));
        }
    }
}

/** The whole of a network, from every layout of pixels to f32 results and to 8-bit ones. */
TEST_P(Int8Engine, NetworkFromEveryLayout) {
    for (int32_t in_channels : {1, 3, 4}) {
        for (bool f32 : {false, true}) {
            Int8Network net(GetParam(), 3, in_channels, 22, 17, static_cast<uint32_t>(in_channels));
            net.pixel_conv(12, 4);
            net.block(3, 24, true);
            net.block(3, 24, false);
            net.patch_conv(20, 2);
            net.block(5, 40, true);
            net.pool();
            net.pointwise(33, true);
            if (f32) {
                net.logits(7);
            } else {
                net.output();
            }
            net.finish();
            for (fn_layout layout : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_U8}) {
                const std::vector<float> floats = net.f32_source(layout);
                const std::vector<uint8_t> bytes = net.source();
                const void* const src =
                    layout == FN_NHWC_U8 ? static_cast<const void*>(bytes.data()) : static_cast<const void*>(floats.data());
                for (int threads : {1, 2, 5}) {
                    if (f32) {
                        EXPECT_EQ(net.run<float>(src, layout, threads, 3 * 7), net.expected_logits()) << "layout " << layout;
                    } else {
                        EXPECT_EQ(net.run<uint8_t>(src, layout, threads, 3 * 33), net.expected()) << "layout " << layout;
                    }
                }
            }
        }
    }
}

/** Sums beyond 31 bits wrap around everywhere alike. */
TEST_P(Int8Engine, SumsWrapAround) {
    const int32_t depth = 68000;  // 255 * 127 * depth exceeds 2^31
    fn_model* model = nullptr;
    ASSERT_EQ(fn_model_create(FN_INT8, GetParam().isa, 1, &model), FN_OK);
    const std::vector<float> weights(4 * int64_t{depth}, 127), scale(4, 0x1p-24f);
    const std::vector<int32_t> bias = {0, 1000, -1000, INT32_MAX};
    ASSERT_EQ(fn_model_add_input(model, 1 << 16), FN_OK) << fn_last_error();
    fn_model_destroy(model);
    const int32_t channels = 1 << 16;
    ASSERT_EQ(fn_model_create(FN_INT8, GetParam().isa, 1, &model), FN_OK);
    ASSERT_EQ(fn_model_add_input(model, channels), FN_OK);
    ASSERT_EQ(fn_model_quantize(model, 4, bias.data(), scale.data(), 0, 128, nullptr), FN_OK);
    ASSERT_EQ(fn_model_add_pointwise(model, 4, FN_NONE, 0, weights.data(), nullptr), FN_OK) << fn_last_error();
    ASSERT_EQ(fn_model_add_output(model, FN_NHWC_U8, FN_STORE, nullptr, nullptr), FN_OK);
    ASSERT_EQ(fn_model_finish(model), FN_OK);
    fn_program* program = nullptr;
    ASSERT_EQ(fn_program_create(model, FN_NHWC_U8, 1, 1, 1, 1, 0, &program), FN_OK) << fn_last_error();
    const std::vector<uint8_t> src(channels, 255);
    std::vector<uint8_t> dst(4);
    const int64_t address = reinterpret_cast<int64_t>(dst.data());
    ASSERT_EQ(fn_program_run(program, reinterpret_cast<int64_t>(src.data()), 0, reinterpret_cast<int64_t>(&address)), FN_OK);
    for (int i = 0; i < 4; i++) {
        const uint32_t sum = static_cast<uint32_t>(255 * 127) * static_cast<uint32_t>(channels) + static_cast<uint32_t>(bias[i]);
        const float expected = std::nearbyint(static_cast<float>(static_cast<int32_t>(sum)) * 0x1p-24f) + 128;
        EXPECT_EQ(dst[i], std::fmin(std::fmax(expected, 0.0f), 255.0f)) << i;
    }
    fn_program_destroy(program);
    fn_model_destroy(model);
}

/** What no picture holds, but a caller's memory may: nothing is undefined. */
TEST_P(Int8Engine, PixelsThatAreNoNumbers) {
    const fn::Kernels& kernels = GetParam().kernels();
    const std::vector<float> src = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 0, 0.5f, 1.5f, -0.5f, 2.5f, 127.4f};
    for (size_t count = 1; count <= 70; count++) {
        std::vector<float> values(count);
        for (size_t i = 0; i < count; i++) values[i] = src[i % src.size()];
        std::vector<uint8_t> dst(count + 8, 99);
        kernels.convert_f32(values.data(), dst.data(), static_cast<int64_t>(count), {1, 100});
        const std::vector<uint8_t> expected = {255, 255, 0, 255, 0, 100, 100, 102, 100, 102, 227};
        for (size_t i = 0; i < count; i++) ASSERT_EQ(dst[i], expected[i % src.size()]) << i << " of " << count;
        for (size_t i = count; i < dst.size(); i++) ASSERT_EQ(dst[i], 99) << "written behind the end";
    }
}

/** The source and the destination are the same memory. */
TEST_P(Int8Engine, BlockInPlace) {
    for (int32_t channels : {8, 9, 20}) {
        Int8Network net(GetParam(), 1, channels, 6, 9, static_cast<uint32_t>(channels));
        net.input();
        net.block(channels / 4, 2 * channels, true);
        net.output();
        net.finish();
        fn_program* program = nullptr;
        ASSERT_EQ(fn_program_create(net.model(), FN_NHWC_U8, 1, 6, 9, 2, 0, &program), FN_OK) << fn_last_error();
        std::vector<uint8_t> x = net.source();
        const int64_t address = reinterpret_cast<int64_t>(x.data());
        for (int i = 0; i < 2; i++) {
            const std::vector<uint8_t> source = net.source();
            std::copy(source.begin(), source.end(), x.begin());
            ASSERT_EQ(fn_program_run(program, address, 0, reinterpret_cast<int64_t>(&address)), FN_OK) << fn_last_error();
            EXPECT_EQ(x, net.expected()) << channels << " channels";
        }
        fn_program_destroy(program);
    }
}

}  // namespace
