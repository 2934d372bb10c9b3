// The CUDA kernels of a network's ends, run on the CPU from their own source, against plain loops.
#include "cuda_values.h"

#include <gtest/gtest.h>

namespace {

template <class S, class D>
void check_dense(void (*kernel)(DenseArguments), double epsilon, int inputs, int outputs, int pixels, int activation) {
    const int src_row = inputs + 8, dst_row = outputs + 3;
    auto src = random_values<S>(pixels * src_row, 5), weights = random_values<S>(outputs * inputs, 6);
    auto bias = random_values<float>(outputs, 7);
    auto dst = random_values<D>(pixels * dst_row, 8);
    const auto before = dst;
    const unsigned blocks = (outputs + DENSE_WARPS - 1) / DENSE_WARPS;
    launch_early(kernel, {blocks, static_cast<unsigned>(pixels), 1}, 32 * DENSE_WARPS, 0,
           DenseArguments{address(src), address(dst), address(weights), address(bias), src_row, dst_row, inputs, outputs, activation},
                 {bytes(src), bytes(dst)});
    for (int p = 0; p < pixels; p++)
        for (int o = 0; o < dst_row; o++) {
            if (o >= outputs) {
                ASSERT_EQ(widen(before[p * dst_row + o]), widen(dst[p * dst_row + o])) << "not an output";
                continue;
            }
            double sum = bias[o];
            for (int i = 0; i < inputs; i++) sum += static_cast<double>(widen(src[p * src_row + i])) * widen(weights[o * inputs + i]);
            sum = activated(sum, activation);
            ASSERT_NEAR(sum, widen(dst[p * dst_row + o]), epsilon * std::abs(sum) + 1e-6 * inputs) << pixels << " pixels, output " << o;
        }
}

TEST(CudaDense, EveryTypeAndRemainder) {
    check_dense<float, float>(dense_f32_f32, 0, 4, 1, 1, 0);
    check_dense<float, float>(dense_f32_f32, 0, 516, 9, 3, 2);
    check_dense<F16, F16>(dense_f16_f16, F16_EPSILON, 8, 8, 2, 1);
    check_dense<F16, float>(dense_f16_f32, 0, 264, 17, 1, 2);
    check_dense<BF16, BF16>(dense_bf16_bf16, BF16_EPSILON, 1280, 3, 1, 2);
    check_dense<BF16, float>(dense_bf16_f32, 0, 248, 16, 2, 0);
}

struct Patches {
    int batch, inputs, height, width, size, outputs, grid;
    bool planes;        // src: NCHW, or NHWC
    int offset = 0;     // of src from an aligned address
};

template <class S> S pixel_value(int i) { return static_cast<S>(sizeof(S) == 1 ? i * 37 % 256 : (i * 37 % 101 - 50) / 32.0); }

/** Rows and columns of src that fill no patch are left over; dst is a slice of rows. */
template <class S, class T> void check_embed(void (*kernel)(EmbedArguments), double epsilon, const Patches& c) {
    const int rows = c.height * c.size + 1, columns = (c.width * c.size + 4) / 4 * 4;
    const int values = c.inputs * c.size * c.size, k16s = (values + 15) / 16;
    std::vector<S> memory(c.batch * c.inputs * rows * columns + c.offset);
    for (size_t i = 0; i < memory.size(); i++) memory[i] = pixel_value<S>(i);
    const i64 image = c.inputs * rows * columns;
    Strided src = {address(memory) + c.offset * static_cast<i64>(sizeof(S)), image, 1, columns * c.inputs, c.inputs};
    if (c.planes) src.c = rows * columns, src.h = columns, src.w = 1;
    const auto weights = random_values<T>(values * c.outputs, 9, 0.5f);
    auto bias = random_values<float>(c.outputs, 10);
    const std::vector<T> packed = pack_fragments(weights, values, c.outputs);
    const int pixels = c.batch * c.height * c.width, row = c.outputs + 16;
    const int shared = k16s * c.outputs * 32 + EMBED_TILE * (32 * k16s + 16 + 16 * (c.outputs / 8 | 1));
    std::vector<T> dst((pixels + EMBED_TILE) * row, T{0xffff});
    launch_early(kernel, {static_cast<unsigned>(c.grid), 1, 1}, EMBED_THREADS, shared,
           EmbedArguments{src, address(dst) + 2 * 8, row, address(packed), address(bias), c.inputs, c.outputs, c.batch, c.height, c.width,
                          c.size},
                 {bytes(memory), bytes(dst)});
    for (int i = 0; i < static_cast<int>(dst.size()); i++) {
        const int pixel = i / row, o = i % row - 8;
        if (pixel >= pixels || o < 0 || o >= c.outputs) {
            ASSERT_EQ(0xffff, dst[i].bits) << "not an output: " << i;
            continue;
        }
        const int n = pixel / c.width / c.height, y = pixel / c.width % c.height * c.size, x = pixel % c.width * c.size;
        double sum = bias[o], bound = 0;
        for (int k = 0; k < values; k++) {
            const int channel = k / c.size / c.size, dy = k / c.size % c.size, dx = k % c.size;
            T rounded;
            narrow(memory[c.offset + n * src.n + channel * src.c + (y + dy) * src.h + (x + dx) * src.w], rounded);
            const double product = static_cast<double>(widen(rounded)) * widen(weights[k * c.outputs + o]);
            sum += product, bound += std::abs(product);
        }
        ASSERT_NEAR(sum, widen(dst[i]), epsilon * std::abs(sum) + 1e-6 * (1 + bound)) << "pixel " << pixel << ", output " << o;
    }
}

TEST(CudaEmbed, EveryKindOfPixelsAndRemainder) {
    check_embed<float, F16>(embed_f32_f16, F16_EPSILON, {2, 3, 5, 7, 4, 40, 1, true});
    check_embed<float, F16>(embed_f32_f16, F16_EPSILON, {1, 3, 9, 8, 4, 8, 3, true, 1});
    check_embed<float, BF16>(embed_f32_bf16, BF16_EPSILON, {1, 4, 3, 5, 8, 16, 1, true});
    check_embed<float, F16>(embed_f32_f16, F16_EPSILON, {1, 2, 4, 4, 4, 8, 1, false});
    check_embed<unsigned char, F16>(embed_u8_f16, F16_EPSILON, {3, 3, 4, 11, 4, 24, 2, false});
    check_embed<unsigned char, BF16>(embed_u8_bf16, BF16_EPSILON, {1, 5, 8, 8, 2, 48, 1, false});
}

}  // namespace
