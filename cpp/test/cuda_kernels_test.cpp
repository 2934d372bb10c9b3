// The CUDA kernels, run on the CPU from their own source, against plain loops.
#include "cuda_values.h"

#include <gtest/gtest.h>

namespace {

template <class T> using PartialKernel = void (*)(PartialArguments);

/** Rows [y1 | x2 | x1] as the schedule lays them out; x2 is NaN, which must be neither read nor written. */
template <class T> void check_partial(PartialKernel<T> kernel, int together, int channels, int height, int width, int batch) {
    const int untouched = 8, row = 2 * channels + untouched, pixels = batch * height * width, k16s = (channels + 15) / 16;
    std::vector<T> rows = random_values<T>(static_cast<size_t>(pixels) * row, 3);
    for (int p = 0; p < pixels; p++)
        for (int c = 0; c < channels + untouched; c++) rows[p * row + c].bits = 0xffff;
    const std::vector<T> weights = random_values<T>(9 * channels * channels, 4);  // [tap][input][output]
    const std::vector<T> packed = pack_fragments(weights, channels, channels), before = rows;
    const int chunk = std::min(64, 16 * k16s), stage = 100 * 2 * (chunk + 8) + 9 * (chunk / 16) * together * 256;
    const size_t shared = std::max(channels > 64 ? 2 * stage : stage, together * 4096);
    const unsigned tiles = (height + 7) / 8 * ((width + 7) / 8);
    launch_early(kernel, {tiles, static_cast<unsigned>(channels / 8 / together), static_cast<unsigned>(batch)}, THREADS, shared,
                 PartialArguments{address(rows) + 2 * (channels + untouched), address(rows), address(packed), height, width, row, channels},
                 {bytes(rows)});
    for (int p = 0; p < pixels; p++) {
        for (int o = 0; o < channels; o++) {
            const Sum sum = convolved(before, weights, {height, width, row, channels + untouched, channels}, p, o);
            // One rounding of the result, and of the f32 sums.
            const double tolerance = std::abs(sum.value) * (sizeof(T) == 2 ? 1.0 / 256 : 0) + sum.bound * 1e-6;
            ASSERT_NEAR(sum.value, widen(rows[p * row + o]), tolerance) << channels << " channels, pixel " << p << ", output " << o;
        }
        for (int c = channels; c < row; c++) ASSERT_EQ(before[p * row + c].bits, rows[p * row + c].bits) << "not an output";
    }
}

TEST(CudaKernels, PartialConvolutionAtEveryRemainder) {
    check_partial<F16>(partial_f16_1, 1, 8, 1, 1, 1);
    check_partial<F16>(partial_f16_2, 2, 16, 9, 7, 2);
    check_partial<F16>(partial_f16_3, 3, 24, 8, 17, 1);
    check_partial<F16>(partial_f16_1, 1, 40, 7, 7, 1);
    check_partial<BF16>(partial_bf16_2, 2, 80, 3, 10, 1);
    check_partial<BF16>(partial_bf16_3, 3, 72, 5, 4, 1);
    check_partial<BF16>(partial_bf16_1, 1, 136, 4, 9, 1);
}

struct PlainCase {
    int inputs, outputs, height, width, side, stride, padding, activation, accumulate;
    int slice = 0, after = 0;  // channels of src's rows before its own, and behind
    bool biased = true;
};

void check_plain(void (*kernel)(ConvArguments), int tile, const PlainCase& c) {
    const int batch = 2, oh = (c.height + 2 * c.padding - c.side) / c.stride + 1, ow = (c.width + 2 * c.padding - c.side) / c.stride + 1;
    const int depth = c.side * c.side * c.inputs, rows = (depth + 15) / 16 * 16, padded = (c.outputs + 3) / 4 * 4, row = c.slice + c.inputs + c.after;
    auto src = random_values<float>(batch * c.height * c.width * row, 5);
    ASSERT_EQ(0, address(src) % 16);
    for (size_t i = 0; i < src.size(); i++)
        if (static_cast<int>(i % row) < c.slice || static_cast<int>(i % row) >= c.slice + c.inputs) src[i] = NAN;
    const auto weights = random_values<float>(depth * c.outputs, 6), bias = random_values<float>(c.outputs, 7);
    std::vector<float> laid(rows * padded, 0.0f);
    for (int k = 0; k < depth; k++) std::copy_n(&weights[k * c.outputs], c.outputs, &laid[k * padded]);
    auto dst = random_values<float>(batch * oh * ow * c.outputs, 8);
    const auto before = dst;
    const unsigned across = tile / 4;
    launch_early(kernel, {static_cast<unsigned>((batch * oh * ow + tile - 1) / tile), static_cast<unsigned>((c.outputs + tile - 1) / tile), 1},
           across * across, 512 * tile,
           ConvArguments{address(src) + 4 * c.slice, address(dst), address(laid), c.biased ? address(bias) : 0, c.height * c.width * row, c.width * row, row,
                         oh * ow * c.outputs, ow * c.outputs, c.outputs, batch, c.height, c.width, c.inputs, oh, ow, c.outputs, c.side, c.stride,
                         c.padding, c.activation, c.accumulate},
                 {bytes(src), bytes(dst)});
    for (size_t i = 0; i < dst.size(); i++) {
        const int o = i % c.outputs, x = i / c.outputs % ow, y = i / c.outputs / ow % oh, n = i / c.outputs / ow / oh;
        double sum = c.biased ? bias[o] : 0;
        for (int k = 0; k < depth; k++) {
            const int tap = k / c.inputs, sy = y * c.stride - c.padding + tap / c.side, sx = x * c.stride - c.padding + tap % c.side;
            if (sy < 0 || sy >= c.height || sx < 0 || sx >= c.width) continue;
            const int at = ((n * c.height + sy) * c.width + sx) * row + c.slice + k % c.inputs;
            sum += static_cast<double>(src[at]) * weights[k * c.outputs + o];
        }
        ASSERT_NEAR(activated(sum, c.activation) + (c.accumulate ? before[i] : 0), dst[i], 1e-5) << c.inputs << " to " << c.outputs << ": " << i;
    }
}

TEST(CudaKernels, PlainConvolution) {
    for (const PlainCase& c : {PlainCase{3, 5, 9, 7, 3, 1, 1, 1, 0}, PlainCase{17, 70, 5, 3, 1, 1, 0, 2, 1}, PlainCase{8, 4, 6, 7, 2, 2, 0, 0, 0},
                               PlainCase{12, 33, 7, 5, 3, 1, 1, 0, 0, 4, 4, false}, PlainCase{4, 68, 9, 9, 3, 1, 1, 2, 0},
                               PlainCase{100, 8, 4, 5, 1, 1, 0, 1, 1, 8, 8}, PlainCase{20, 12, 5, 5, 1, 1, 0, 0, 0, 2, 2},
                               PlainCase{6, 12, 5, 5, 1, 1, 0, 0, 0, 4, 6}, PlainCase{40, 130, 8, 8, 2, 2, 0, 0, 0}}) {
        check_plain(conv_f32_64, 64, c);
        check_plain(conv_f32_32, 32, c);
    }
}

TEST(CudaKernels, CopyConvertsPadsAndScales) {
    const int batch = 2, channels = 5, padded = 8, height = 3, width = 70;
    auto src = random_values<float>(batch * channels * height * width, 9);
    std::vector<F16> dst(batch * padded * height * width, F16{0xffff});
    const i64 plane = height * width;
    launch_early(copy_f32_f16, {3, batch, 1}, 256, 0,
           CopyArguments{{address(src), channels * plane, plane, width, 1}, {address(dst), padded * plane, 1, padded * width, padded},
                         channels, height, width, padded, 0, 0, 0},
                 {bytes(src), bytes(dst)});
    const auto scale = random_values<float>(padded, 10), shift = random_values<float>(padded, 11);
    std::vector<float> back(batch * padded * plane, NAN);
    launch_early(copy_f16_f32, {3, batch, 1}, 256, 0,
           CopyArguments{{address(dst), padded * plane, 1, padded * width, padded}, {address(back), padded * plane, plane, width, 1},
                         padded, height, width, padded, 1, address(scale), address(shift)},
                 {bytes(dst), bytes(back)});
    for (int n = 0; n < batch; n++)
        for (int c = 0; c < padded; c++)
            for (int p = 0; p < plane; p++) {
                const float value = c < channels ? src[(n * channels + c) * plane + p] : 0;
                EXPECT_NEAR(value * scale[c] + shift[c], back[(n * padded + c) * plane + p], 1e-3);
            }
}

TEST(CudaKernels, PatchesAreInTheOrderOfWeights) {
    const int batch = 2, channels = 3, size = 2, height = 3, width = 4, row = 16, rows = 7, columns = 9;  // a row and a column left over
    std::vector<unsigned char> src(batch * rows * columns * channels);
    for (size_t i = 0; i < src.size(); i++) src[i] = i * 7;
    std::vector<float> dst(batch * height * width * row, NAN);
    launch_early(patches_u8_f32, {1, batch, 1}, 256, 0,
           PatchArguments{{address(src), rows * columns * channels, 1, columns * channels, channels}, address(dst), channels, height, width, size, row},
                 {bytes(src), bytes(dst)});
    for (size_t i = 0; i < dst.size(); i++) {
        const int j = i % row, w = i / row % width, h = i / row / width % height, n = i / row / width / height;
        const int c = j / 4, y = h * 2 + j % 4 / 2, x = w * 2 + j % 2;
        EXPECT_EQ(j < 12 ? src[((n * rows + y) * columns + x) * channels + c] : 0, dst[i]) << i;
    }
}

TEST(CudaKernels, Mean) {
    const int batch = 2, channels = 35, height = 5, width = 3, row = 48;
    auto src = random_values<BF16>(batch * height * width * row, 12);
    std::vector<BF16> dst(batch * channels, BF16{0xffff});
    launch_early(mean_bf16, {2, batch, 1}, 256, 0,
           MeanArguments{{address(src) + 2 * 6, height * width * row, 1, width * row, row}, address(dst), channels, height, width},
                 {bytes(src), bytes(dst)});
    for (int i = 0; i < batch * channels; i++) {
        double sum = 0;
        for (int p = 0; p < height * width; p++) sum += widen(src[(i / channels * height * width + p) * row + 6 + i % channels]);
        EXPECT_NEAR(sum / (height * width), widen(dst[i]), 2e-3);
    }
}

/** A pass of a grid of blocks over `vectors` of each array, and a number after each that is neither read nor written. */
void check_pass(void (*kernel)(PassArguments), int vectors, const std::function<float(float a, float b, float c)>& expected) {
    const int count = 4 * vectors;
    auto a = random_values<float>(count + 1, 13), b = random_values<float>(count + 1, 14), c = random_values<float>(count + 1, 15);
    const auto before = a;
    launch(kernel, {3, 1, 1}, 32, 0, PassArguments{address(a), address(b), address(c), vectors, 2});
    for (int i = 0; i < count; i++) ASSERT_FLOAT_EQ(expected(before[i], b[i], c[i]), a[i]) << i << " of " << count;
    EXPECT_EQ(before[count], a[count]);
}

TEST(CudaPeaks, PassesDoWhatTheySayAtEveryRemainder) {
    for (int vectors : {1, 31, 96, 97, 383, 384, 385, 1000}) {
        check_pass(pass_write, vectors, [](float, float, float) { return 3.0f; });
        check_pass(pass_copy, vectors, [](float, float b, float) { return b; });
        check_pass(pass_triad, vectors, [](float, float b, float c) { return b + 3 * c; });
    }
}

/** The sum is not zero, so that it is stored, by the last thread at the end: of all its own vectors, twice. */
TEST(CudaPeaks, AReadReadsEverything) {
    for (int vectors : {1, 5, 100}) {
        std::vector<float> a(4 * vectors, 0.0f);
        launch(pass_read, {1, 1, 1}, 1, 0, PassArguments{address(a), 0, 0, vectors, 2});
        EXPECT_EQ(std::vector<float>(4 * vectors, 0.0f), a) << "zeros are never stored";
        for (int i = 0; i < 4 * vectors; i++) a[i] = static_cast<float>(i / 4 + 1);
        const float sum = static_cast<float>(vectors * (vectors + 1));
        launch(pass_read, {1, 1, 1}, 1, 0, PassArguments{address(a), 0, 0, vectors, 2});
        for (int i = 0; i < 4; i++) EXPECT_EQ(sum, a[i]);
    }
}

TEST(CudaPeaks, MultiplyAddsAreAsManyAsTheyAreCounted) {
    const int steps = 2;
    std::vector<float> dst(2 * 32, NAN);
    launch(multiply_adds_f32, {2, 1, 1}, 32, 0, MultiplyAddArguments{address(dst), steps});
    for (int t = 0; t < 2 * 32; t++) {
        double all = 0;
        for (int i = 0; i < 8; i++) {
            double sum = t % 32 + i;
            for (int n = 0; n < steps * 16; n++) sum = sum * (1.0 / (1 + 16 * steps) - 1) + t % 32;
            all += sum;
        }
        EXPECT_NEAR(all, dst[t], 1e-3) << t;
    }
}

}  // namespace
