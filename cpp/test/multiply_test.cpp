#include "elements.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace {

/** One product, with everything about it chosen by the test. */
struct Case {
    int32_t rows, columns, depth;
    int32_t split = 0;  // the first columns go to a place of their own
    bool residual = false;
    bool f32_result = false;
    fn::Activation activation = fn::Activation::none;
};

std::string name(const Case& c) {
    return std::to_string(c.rows) + " rows, " + std::to_string(c.columns) + " columns, " + std::to_string(c.depth) +
           " deep, split at " + std::to_string(c.split) + (c.residual ? ", residual" : "") +
           (c.f32_result ? ", f32 result" : "");
}

class Multiply : public testing::TestWithParam<Machine> {
protected:
    float uniform() { return rounded(GetParam(), std::uniform_real_distribution<float>(-1, 1)(random_)); }

    /** Packs weight(column, k). */
    template <class Weight>
    fn::PackedMatrix packed(int32_t columns, int32_t depth, const Weight& weight, const std::vector<float>& bias) {
        const fn::Kernels& kernels = GetParam().kernels();
        const fn::PackedShape shape{{{1, depth}}, columns};
        const int64_t padded = shape.padded_columns(kernels.lanes);
        panels_.assign(padded * shape.depth(kernels.group) * sizeof(float), 0);
        bias_.assign(padded, 0);
        std::copy(bias.begin(), bias.end(), bias_.begin());
        const auto at = [&](int64_t n, int32_t, int32_t, int32_t k) { return weight(n, k); };
        for (int32_t panel = 0; panel < fn::panels_in(fn::vectors_in(columns, kernels.lanes)); panel++) {
            fn::with_elements(GetParam().element(), panels_.data(),
                              [&](auto* elements) { fn::pack_panel(shape, kernels, at, panel, elements); });
        }
        return {panels_.data(), bias_.data(), shape.depth(kernels.group), columns, {}};
    }

    void check(const Case& c) {
        const Machine& machine = GetParam();
        const int32_t depth = fn::round_up(c.depth, machine.kernels().group);
        const int64_t src_stride = depth + 3, touched_stride = c.split + 2, rest_stride = c.columns - c.split + 3;
        Elements src(machine, c.rows * src_stride + 8, NAN);
        for (int32_t i = 0; i < c.rows; i++)
            for (int32_t k = 0; k < depth; k++) src.set(i * src_stride + k, k < c.depth ? uniform() : 0);
        std::vector<float> weights(c.columns * c.depth), bias(c.columns);
        for (float& w : weights) w = uniform();
        for (float& b : bias) b = uniform();
        const fn::PackedMatrix matrix =
            packed(c.columns, c.depth, [&](int64_t n, int32_t k) { return weights[n * c.depth + k]; }, bias);

        const Machine result{machine.isa, c.f32_result ? FN_F32 : machine.precision};
        Elements touched(result, c.rows * touched_stride + 4, guard), rest(result, c.rows * rest_stride + 4, guard);
        Elements touched_residual(result, c.rows * touched_stride + 4, NAN),
            rest_residual(result, c.rows * rest_stride + 4, NAN);
        std::vector<int32_t> touched_offsets, rest_offsets;
        for (int32_t i = 0; i < c.rows; i++) {
            touched_offsets.push_back(
                static_cast<int32_t>(1 + (c.rows - 1 - i) * touched_stride));  // backwards: any order will do
            rest_offsets.push_back(static_cast<int32_t>(1 + i * rest_stride));
            for (int32_t n = 0; n < c.split; n++) touched_residual.set(touched_offsets[i] + n, uniform());
            for (int32_t n = c.split; n < c.columns; n++) rest_residual.set(rest_offsets[i] + n - c.split, uniform());
        }
        const fn::Segment segment{src.data(), src_stride, 0, 1, depth, 0};
        const fn::Run run{{0, 0}, c.rows};
        fn::Product product{&segment,
                            &run,
                            matrix,
                            {},
                            1,
                            1,
                            0,
                            fn::panels_in(fn::vectors_in(c.columns, machine.kernels().lanes)),
                            c.activation,
                            c.f32_result};
        product.parts[0] = {touched.data(), c.residual ? touched_residual.data() : nullptr, touched_offsets.data(), 0,
                            c.split};
        product.parts[1] = {rest.data(), c.residual ? rest_residual.data() : nullptr, rest_offsets.data(), c.split,
                            c.columns};
        machine.kernels().multiply(product);

        int64_t wrong = 0;
        std::string worst;
        std::vector<char> touched_written(c.rows * touched_stride + 4), rest_written(c.rows * rest_stride + 4);
        for (int32_t i = 0; i < c.rows; i++) {
            for (int32_t n = 0; n < c.columns; n++) {
                double sum = bias[n], magnitude = std::abs(bias[n]);
                for (int32_t k = 0; k < c.depth; k++) {
                    const double product_k = double{weights[n * c.depth + k]} * src.get(i * src_stride + k);
                    sum += product_k;
                    magnitude += std::abs(product_k);
                }
                if (c.activation == fn::Activation::relu) sum = std::fmax(sum, 0);
                const bool first = n < c.split;
                const int64_t at = first ? touched_offsets[i] + n : rest_offsets[i] + n - c.split;
                (first ? touched_written : rest_written)[at] = 1;
                if (c.residual) sum += (first ? touched_residual : rest_residual).get(at);
                const float found = (first ? touched : rest).get(at);
                const double bound = (c.depth + 2) * 0x1p-23 * (magnitude + 1) +
                                     (result.precision == FN_F32 ? 0 : 0x1p-8 * std::abs(sum));
                if (std::abs(found - sum) <= bound) continue;
                if (wrong++ == 0)
                    worst = "row " + std::to_string(i) + ", column " + std::to_string(n) + ": " +
                            std::to_string(found) + ", expected " + std::to_string(sum);
            }
        }
        EXPECT_EQ(wrong, 0) << name(c) << ": first at " << worst;
        for (size_t i = 0; i < touched_written.size(); i++)
            ASSERT_TRUE(touched_written[i] || touched.get(i) == rounded(result, guard))
                << name(c) << ": wrote to " << i;
        for (size_t i = 0; i < rest_written.size(); i++)
            ASSERT_TRUE(rest_written[i] || rest.get(i) == rounded(result, guard)) << name(c) << ": wrote to " << i;
    }

    /** What the kernels make of values when nothing is multiplied: x times one. */
    std::vector<float> activated(const std::vector<float>& x, fn::Activation activation) {
        const int32_t depth = GetParam().kernels().group;
        Elements src(GetParam(), x.size() * depth, 0);
        std::vector<float> result(x.size());
        std::vector<int32_t> offsets;
        for (size_t i = 0; i < x.size(); i++) src.set(i * depth, x[i]), offsets.push_back(static_cast<int32_t>(i));
        const fn::PackedMatrix matrix = packed(1, 1, [](int64_t, int32_t) { return 1.0f; }, {0});
        const fn::Segment segment{src.data(), depth, 0, 1, depth, 0};
        const fn::Run run{{0, 0}, static_cast<int32_t>(x.size())};
        fn::Product product{&segment, &run, matrix, {}, 1, 1, 0, 1, activation, true};
        product.parts[0] = {result.data(), nullptr, offsets.data(), 0, 1};
        GetParam().kernels().multiply(product);
        return result;
    }

private:
    std::mt19937 random_{7};
    std::vector<char> panels_;
    std::vector<float> bias_;
};

INSTANTIATE_TEST_SUITE_P(Machines, Multiply, testing::ValuesIn(machines()), machine_name);

/** The table gives every ISA the kernels compiled for it: the width of their vectors tells. */
TEST(Kernels, AreThoseOfTheIsa) {
    for (const Machine& machine : machines()) {
        const std::string isa = fn::isas[machine.isa].name;
        const int32_t lanes = isa.rfind("avx2", 0) == 0 ? 8 : isa.rfind("avx512", 0) == 0 ? 16 : 4;
        EXPECT_EQ(machine.kernels().lanes, lanes) << isa;
        EXPECT_EQ(machine.kernels().group, machine.precision == FN_F32 ? 1 : 2) << isa;
        for (const Machine& other : machines()) {
            const bool same = other.isa == machine.isa && other.precision == machine.precision;
            EXPECT_EQ(&machine.kernels() == &other.kernels(), same) << isa << " and " << fn::isas[other.isa].name;
        }
    }
}

/** Every height of a register tile and every width of a panel, whole and with a part of the last vector. */
TEST_P(Multiply, EveryTile) {
    const int32_t lanes = GetParam().kernels().lanes;
    for (int32_t rows = 1; rows <= 31; rows++) {
        for (int32_t vectors = 1; vectors <= 5; vectors++) {
            check({rows, vectors * lanes, 7});
            check({rows, vectors * lanes - lanes / 2 - 1, 6, 0, true});
        }
    }
}

TEST_P(Multiply, EveryNumberOfColumns) {
    for (int32_t columns = 1; columns <= 3 * GetParam().kernels().lanes + 1; columns++)
        check({5, columns, 9, 0, false, true});
}

/** The border between the two parts of a result in every lane. */
TEST_P(Multiply, EverySplit) {
    for (int32_t split = 0; split <= 2 * GetParam().kernels().lanes + 2; split++) {
        check({9, 2 * GetParam().kernels().lanes + 2, 5, split, true, false, fn::Activation::relu});
        check({4, 2 * GetParam().kernels().lanes + 2, 5, split, false});
    }
}

TEST_P(Multiply, EveryDepth) {
    for (int32_t depth = 1; depth <= 20; depth++) check({3, 20, depth});
}

/** Between the values and far beyond the polynomial's range, against the C library's erfc in double. */
TEST_P(Multiply, GeluIsExactToRoundoff) {
    std::vector<float> x;
    for (int i = -8000; i <= 8000; i++) x.push_back(rounded(GetParam(), i * 1e-3f));
    for (float v = 1e-30f; v < 1e30f; v *= 3.7f)
        x.push_back(rounded(GetParam(), v)), x.push_back(rounded(GetParam(), -v));
    const std::vector<float> y = activated(x, fn::Activation::gelu);
    const double relative = GetParam().precision == FN_F32 ? 2 * 0x1p-23 : 0x1p-14;
    for (size_t i = 0; i < x.size(); i++) {
        const double expected = 0.5 * x[i] * std::erfc(-x[i] / std::sqrt(2.0));
        ASSERT_NEAR(y[i], expected, relative * std::abs(x[i])) << "at " << x[i];
        if (x[i] < -8) {
            ASSERT_EQ(y[i], 0) << "at " << x[i];
        }
    }
}

TEST_P(Multiply, NanAndInfinityComeThrough) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (fn::Activation activation : {fn::Activation::none, fn::Activation::relu, fn::Activation::gelu}) {
        const std::vector<float> y = activated({NAN, infinity}, activation);
        EXPECT_TRUE(std::isnan(y[0])) << static_cast<int>(activation);
        EXPECT_EQ(y[1], infinity) << static_cast<int>(activation);
    }
}

TEST_P(Multiply, PixelsAreConverted) {
    const fn::Kernels& kernels = GetParam().kernels();
    for (int64_t count = 0; count <= 2 * 16 + 1; count++) {
        std::vector<uint8_t> bytes(count);
        std::vector<float> floats(count);
        for (int64_t i = 0; i < count; i++)
            bytes[i] = static_cast<uint8_t>(255 - 7 * i), floats[i] = 1.37f * static_cast<float>(i) - 11;
        Elements from_bytes(GetParam(), count + 1, guard), from_floats(GetParam(), count + 1, guard);
        kernels.convert_u8(bytes.data(), from_bytes.data(), count);
        kernels.convert_f32(floats.data(), from_floats.data(), count, {1, 0});
        for (int64_t i = 0; i < count; i++) {
            ASSERT_EQ(from_bytes.get(i), rounded(GetParam(), bytes[i])) << i << " of " << count;
            ASSERT_EQ(from_floats.get(i), rounded(GetParam(), floats[i])) << i << " of " << count;
        }
        ASSERT_EQ(from_bytes.get(count), rounded(GetParam(), guard));
        ASSERT_EQ(from_floats.get(count), rounded(GetParam(), guard));
    }
}

}  // namespace
