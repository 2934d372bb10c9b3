// Kernels on the caller's own memory: what they copy, what they do with what is there, what must not overlap.
#include "engine/layer.h"
#include "engine/pack.h"
#include "machines.h"
#include "network.h"

#include <algorithm>
#include <functional>

namespace {

int64_t address(const void* memory) { return reinterpret_cast<int64_t>(memory); }

/**
 * Values of the caller's between guards of all ones: a NaN, which spoils what is computed from it. There are an odd number,
 * so that the values are aligned to no more than themselves.
 */
template <class Value>
class Guarded {
public:
    explicit Guarded(const std::vector<float>& values) : bytes_((2 * guard + values.size()) * sizeof(Value), 255) {
        for (size_t i = 0; i < values.size(); i++) fn::store_element(values[i], data() + i);
    }
    Value* data() { return reinterpret_cast<Value*>(bytes_.data()) + guard; }

    std::vector<float> values() {
        std::vector<float> result;
        for (size_t i = 0; i < bytes_.size() / sizeof(Value) - 2 * guard; i++) result.push_back(fn::to_f32(data()[i]));
        return result;
    }
    bool guards_hold() const {
        const auto is_guard = [](uint8_t byte) { return byte == 255; };
        constexpr size_t bytes = guard * sizeof(Value);
        return std::all_of(bytes_.begin(), bytes_.begin() + bytes, is_guard) &&
               std::all_of(bytes_.end() - bytes, bytes_.end(), is_guard);
    }

private:
    static constexpr size_t guard = 67;
    std::vector<uint8_t> bytes_;
};

class CallersMemory : public testing::TestWithParam<Machine> {
protected:
    void TearDown() override { fn_program_destroy(program_); }

    fn_layout own_layout() const { return static_cast<fn_layout>(fn::dense_layout(GetParam().element())); }

    void compile(const fn_model* model, fn_layout layout, int64_t images, int32_t height, int32_t width, int32_t threads) {
        fn_program_destroy(std::exchange(program_, nullptr));
        ASSERT_EQ(fn_program_create(model, layout, images, height, width, threads, 20, &program_), FN_OK) << fn_last_error();
    }

    std::vector<std::string> steps() const {
        std::vector<std::string> names;
        for (int32_t i = 0; i < fn_program_step_count(program_); i++) {
            fn_step step;
            EXPECT_EQ(fn_program_step_get(program_, i, &step), FN_OK);
            names.push_back(step.name);
        }
        return names;
    }

    bool has_step(const std::string& name) const {
        const std::vector<std::string> names = steps();
        return std::find(names.begin(), names.end(), name) != names.end();
    }

    int64_t output_values() const {
        int64_t shape[4];
        EXPECT_EQ(fn_program_output_shape(program_, 0, shape), FN_OK);
        return shape[0] * shape[1] * shape[2] * shape[3];
    }

    fn_status run(int64_t src, int64_t dst, int64_t row_bytes = 0) {
        return fn_program_run(program_, src, row_bytes, address(&dst));
    }

    /** What the destination holds after a run; in place that is the source. */
    template <class Value>
    std::vector<float> run_in(const std::vector<float>& src, const std::vector<float>& held, bool in_place) {
        Guarded<Value> source(src), output(held);
        Guarded<Value>& dst = in_place ? source : output;
        EXPECT_EQ(run(address(source.data()), address(dst.data())), FN_OK) << fn_last_error();
        EXPECT_TRUE(source.guards_hold() && output.guards_hold()) << "written beside the caller's memory";
        return dst.values();
    }

    std::vector<float> run_in(fn_layout layout, const std::vector<float>& src, const std::vector<float>& held,
                              bool in_place = false) {
        return layout == FN_NHWC_BF16 ? run_in<fn::Bf16>(src, held, in_place) : run_in<float>(src, held, in_place);
    }

    fn_program* program_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Machines, CallersMemory, testing::ValuesIn(machines()), machine_name);

/** A layer, and which copies its program makes when whole groups of channels are where the kernels want them. */
struct Kernel {
    std::string name;
    std::function<void(Network&, int32_t channels)> add;
    bool input, output, output_of_sum;
    bool in_place;
};

int32_t touched(int32_t channels) { return std::max(channels / 4, 1); }

const std::vector<Kernel> kernels = {
    {"pointwise", [](Network& net, int32_t c) { net.pointwise(2 * c + 1, FN_GELU); }, false, false, false, false},
    {"pointwise with residual", [](Network& net, int32_t c) { net.pointwise(c, FN_RELU, true); }, false, true, true, false},
    {"patches of 2", [](Network& net, int32_t c) { net.patch_conv(c + 3, 2); }, false, false, false, false},
    {"patches of 3", [](Network& net, int32_t c) { net.patch_conv(c + 3, 3); }, false, false, false, false},
    {"pool", [](Network& net, int32_t) { net.pool(); }, false, false, true, false},
    {"block", [](Network& net, int32_t c) { net.block(touched(c), c + 5, FN_RELU); }, true, false, true, true},
    {"partial convolution", [](Network& net, int32_t c) { net.partial_conv_only(touched(c)); }, true, true, true, true},
};

TEST_P(CallersMemory, EveryKernel) {
    for (const Kernel& kernel : kernels) {
        for (int32_t channels : {1, 2, 3, 8, 9, 16, 17, 24, 33}) {
            for (bool sum : {false, true}) {
                const int64_t images = 1 + channels % 3;
                Network net(GetParam(), images, channels, 7, 6);
                net.input();
                kernel.add(net, channels);
                sum ? net.add_to_output(own_layout()) : net.output(own_layout());
                const fn_model* model = net.finish();
                const std::vector<float> src = net.pixels(FN_NHWC_F32);
                const bool whole_groups =
                    GetParam().precision == FN_F32 || (channels - (kernel.input ? touched(channels) : 0)) % 2 == 0;
                for (int32_t threads : {1, 2, 3}) {
                    const std::string what = kernel.name + " of " + std::to_string(channels) + " channels" +
                                             (sum ? ", added, " : ", ") + std::to_string(threads) + " threads";
                    compile(model, own_layout(), images, 7, 6, threads);
                    EXPECT_EQ(has_step("input"), kernel.input || !whole_groups) << what;
                    EXPECT_EQ(has_step("output"),
                              (sum ? kernel.output_of_sum : kernel.output) || (kernel.in_place && !whole_groups))
                        << what;
                    std::vector<float> held(output_values(), NAN);
                    for (size_t i = 0; sum && i < held.size(); i++) held[i] = Network::held(static_cast<int64_t>(i));
                    net.expect_right({run_in(own_layout(), src, held)}, what);
                    if (kernel.in_place && !sum) net.expect_right({run_in(own_layout(), src, held, true)}, what + ", in place");
                }
            }
        }
    }
}

/** In one step and, with few pixels for many threads, in three, which wait for each other. */
TEST_P(CallersMemory, BlockInOneStepAndInThree) {
    const std::vector<std::string> one{"input", "block"};
    const std::vector<std::string> three{"input", "block: partial convolution", "block: expansion", "block: projection"};
    for (auto [size, channels, threads] : {std::tuple{20, 24, 1}, {4, 256, 16}}) {
        Network net(GetParam(), 1, channels, size, size);
        net.input();
        net.block(channels / 4, 2 * channels, FN_GELU);
        net.output(own_layout());
        const fn_model* model = net.finish();
        compile(model, own_layout(), 1, size, size, threads);
        EXPECT_EQ(steps(), threads == 1 ? one : three);
        const std::vector<float> src = net.pixels(FN_NHWC_F32);
        for (bool in_place : {false, true})
            net.expect_right({run_in(own_layout(), src, std::vector<float>(src.size(), NAN), in_place)},
                             std::to_string(channels) + " channels" + (in_place ? ", in place" : ""));
    }
}

/** More images than the caches hold: each part of the batch has its own place in the caller's memory. */
TEST_P(CallersMemory, LargeBatch) {
    for (bool block : {false, true}) {
        Network net(GetParam(), 3, 40, 80, 90);
        net.input();
        block ? net.block(2, 4, FN_NONE) : net.pointwise(5, FN_RELU);
        net.output(own_layout());
        const fn_model* model = net.finish();
        compile(model, own_layout(), 3, 80, 90, 1);
        net.expect_right({run_in(own_layout(), net.pixels(FN_NHWC_F32), std::vector<float>(output_values(), NAN))},
                         block ? "block" : "pointwise");
    }
}

/** Whatever layers come before it, the last one writes its result to the output. */
TEST_P(CallersMemory, TheLastLayerOfANetworkWritesTheOutput) {
    for (fn_layout layout : {FN_NHWC_F32, own_layout()}) {
        for (bool head : {false, true}) {
            Network net(GetParam(), 2, 3, 13, 17);
            net.pixel_conv(12, 4);
            if (head) {
                net.block(3, 20, FN_RELU);
                net.output(layout, true);
                net.pool();
                net.pointwise(21, FN_NONE);
            }
            net.output(layout);
            const fn_model* model = net.finish();
            compile(model, FN_NHWC_F32, 2, 13, 17, 2);
            const auto names = steps();
            EXPECT_EQ(std::count(names.begin(), names.end(), "output"), head ? 1 : 0);
            if (layout == FN_NHWC_F32) net.expect_right(net.run(2, FN_NHWC_F32), head ? "head" : "patch convolution");
        }
    }
}

/** Nobody sees what they make, and it must go nowhere. */
TEST_P(CallersMemory, LayersBehindTheLastOutput) {
    Network net(GetParam(), 1, 8, 3, 5);
    net.input();
    net.output(own_layout());
    net.block(2, 8, FN_RELU);
    compile(net.finish(), own_layout(), 1, 3, 5, 1);
    const std::vector<float> src = net.pixels(FN_NHWC_F32);
    net.expect_right({run_in(own_layout(), src, std::vector<float>(src.size(), NAN))}, "source");
}

/** Only the layout of an output, its scale or an element type that the kernels do not write make a copy needed. */
TEST_P(CallersMemory, OtherLayoutsAreCopied) {
    const fn_layout other = own_layout() == FN_NHWC_F32 ? FN_NHWC_BF16 : FN_NHWC_F32;
    for (fn_layout src : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_BF16}) {
        for (fn_layout dst : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_BF16}) {
            Network net(GetParam(), 1, 6, 3, 5);
            net.input();
            net.pointwise(7, FN_NONE);
            net.output(dst);
            compile(net.finish(), src, 1, 3, 5, 1);
            EXPECT_EQ(has_step("input"), src != own_layout()) << src;
            EXPECT_EQ(has_step("output"), dst == FN_NCHW_F32 || (dst == other && dst == FN_NHWC_BF16)) << dst;
        }
    }
    Network net(GetParam(), 1, 6, 3, 5);
    net.input();
    net.pointwise(7, FN_NONE);
    net.output(own_layout(), true);
    compile(net.finish(), own_layout(), 1, 3, 5, 1);
    EXPECT_TRUE(has_step("output"));
}

/** What an output does with what is there, in f32 and bf16, in place too. */
TEST_P(CallersMemory, EveryWrite) {
    constexpr int32_t channels = 6, touched = 2, pixels = 3 * 5;
    std::vector<float> conv(touched * touched * 9, 0.0f);
    for (int32_t c = 0; c < touched; c++) conv[(c * touched + c) * 9 + 4] = 2;  // the centre: doubles every touched channel
    for (fn_write write : {FN_STORE, FN_ADD, FN_STORE_TOUCHED}) {
        for (fn_layout layout : {FN_NHWC_F32, FN_NHWC_BF16}) {
            for (bool in_place : {false, true}) {
                fn_model* model = nullptr;
                ASSERT_EQ(fn_model_create(GetParam().precision, GetParam().isa, 1, &model), FN_OK);
                ASSERT_EQ(fn_model_add_input(model, channels), FN_OK);
                ASSERT_EQ(fn_model_add_partial_conv(model, touched, conv.data()), FN_OK);
                ASSERT_EQ(fn_model_add_output(model, layout, write, nullptr, nullptr), FN_OK);
                ASSERT_EQ(fn_model_finish(model), FN_OK);
                compile(model, layout, 1, 3, 5, 2);
                fn_model_destroy(model);
                EXPECT_EQ(has_step("output"), layout != own_layout() || write != FN_STORE_TOUCHED);

                std::vector<float> src(channels * pixels), dst(channels * pixels, 7.0f), expected;
                for (size_t i = 0; i < src.size(); i++) src[i] = static_cast<float>(i % 64);  // exact in bf16
                for (size_t i = 0; i < src.size(); i++) {
                    const bool is_touched = i % channels < touched;
                    const float held = in_place ? src[i] : dst[i], result = is_touched ? 2 * src[i] : src[i];
                    expected.push_back(write == FN_ADD ? held + result : write == FN_STORE || is_touched ? result : held);
                }
                EXPECT_EQ(run_in(layout, src, dst, in_place), expected)
                    << "write " << write << ", layout " << layout << (in_place ? ", in place" : "");
            }
        }
    }
}

/** A layer that mixes the channels of a pixel would read there what it has written before. */
TEST_P(CallersMemory, OutputsApartFromTheSource) {
    for (bool block : {false, true}) {
        Network net(GetParam(), 2, 8, 3, 5);
        net.input();
        block ? net.block(2, 8, FN_NONE) : net.pointwise(8, FN_NONE);
        net.output(own_layout());
        compile(net.finish(), own_layout(), 2, 3, 5, 1);
        const int64_t value = fn::bytes_of(GetParam().element()), bytes = 2 * 8 * 3 * 5 * value;
        std::vector<float> memory(3 * 2 * 8 * 3 * 5);
        const int64_t src = address(memory.data()) + bytes;
        const std::string refused = block ? "output 0 overlaps the source: it must be the source itself or apart from it"
                                          : "output 0 overlaps the source: the layers cannot work in place";
        for (int64_t dst : {src - bytes + value, src + value, src + bytes - value}) {
            EXPECT_EQ(run(src, dst), FN_INVALID_ARGUMENT);
            EXPECT_EQ(fn_last_error(), refused);
        }
        EXPECT_EQ(run(src, src), block ? FN_OK : FN_INVALID_ARGUMENT);
        EXPECT_EQ(run(src, src - bytes), FN_OK);
        EXPECT_EQ(run(src, src + bytes), FN_OK);
    }
}

TEST_P(CallersMemory, RowsOfASourceThatIsReadWhereItIsAreDense) {
    Network net(GetParam(), 1, 8, 3, 5);
    net.input();
    net.pointwise(4, FN_NONE);
    net.output();
    compile(net.finish(), own_layout(), 1, 3, 5, 1);
    const int64_t value = fn::bytes_of(GetParam().element()), dense = 5 * 8 * value;
    std::vector<float> src(3 * 6 * 8), dst(3 * 5 * 4);
    EXPECT_EQ(run(address(src.data()), address(dst.data()), dense + 8 * value), FN_INVALID_ARGUMENT);
    EXPECT_EQ(fn_last_error(), "src_row_bytes is " + std::to_string(dense + 8 * value) + ", expected " +
                                   std::to_string(dense) + ": the layer reads the source as a dense tensor");
    EXPECT_EQ(run(address(src.data()), address(dst.data()), dense), FN_OK);
}

}  // namespace
