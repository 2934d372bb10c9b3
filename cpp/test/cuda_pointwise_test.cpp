// The CUDA kernels of 1x1 convolutions, run on the CPU from their own source, against plain loops.
#include "cuda_values.h"

#include <gtest/gtest.h>

namespace {

struct Case {
    int channels, hidden, chunk, tile, parts, grid, pixels;
    bool gelu = true;
};

/**
 * Rows [y1 | x2 | x1] as the schedule lays them out, src is [y1 | x2] and dst [x2 | x1], or both are the same; then NaN, as are pixels
 * after the last.
 */
template <class T, int N> void check(void (*kernel)(MlpArguments), double epsilon, const Case& c) {
    const int before = c.channels % 16 ? 0 : 8, outputs = before + c.channels, row = outputs + 8;
    std::vector<T> rows = random_values<T>(static_cast<size_t>(c.pixels + c.tile) * row, 1);
    for (int i = 0; i < static_cast<int>(rows.size()); i++)
        if (i % row >= outputs || i / row >= c.pixels) rows[i].bits = 0xffff;
    const auto expand = random_values<T>(c.channels * c.hidden, 2, 0.5f), project = random_values<T>(c.hidden * c.channels, 3, 0.3f);
    auto bias = random_values<float>(c.hidden, 4);
    std::vector<T> packed_expand, packed_project;
    for (int n = 0; n < c.hidden; n += 8)
        for (int k = 0; k < c.channels; k += 16) pack_fragment(expand.data(), c.channels, c.hidden, k, n, packed_expand);
    for (int k = 0; k < c.hidden; k += 16)
        for (int n = 0; n < c.channels; n += 8) pack_fragment(project.data(), c.hidden, c.channels, k, n, packed_project);
    const int tiles = (c.pixels + c.tile - 1) / c.tile, chunks = (c.hidden + c.chunk - 1) / c.chunk, k16s = (c.channels + 15) / 16;
    const int stage = c.chunk / 8 * k16s * 256 + c.chunk / 16 * (c.channels / 8) * 256 + c.chunk * 4;
    const int stages = chunks > c.parts ? 2 : 1;
    const int shared = std::max(c.tile * (32 * k16s + 16 + 2 * c.chunk + 16), c.tile * (c.channels + 4) * 4) + stages * stage;
    std::vector<float> partials(static_cast<size_t>(tiles) * c.parts * c.tile * c.channels, NAN);
    std::vector<unsigned> arrived(tiles, 0);
    const std::vector<T> old = rows;
    handed.memory = bytes(partials);
    launch_early(kernel, {static_cast<unsigned>(c.grid), static_cast<unsigned>(c.parts), 1}, MLP_THREADS, shared,
           MlpArguments{address(rows), address(rows) + 2 * before, address(packed_expand), address(bias), address(packed_project),
                        address(partials), address(arrived), c.pixels, row, c.channels, c.hidden, c.chunk, c.tile, c.gelu ? 2 : 1},
                 {bytes(rows), bytes(partials), bytes(arrived)});
    handed.memory = {nullptr, 0};
    std::vector<double> inner(c.hidden);
    for (int p = 0; p < c.pixels; p++) {
        for (int h = 0; h < c.hidden; h++) {
            double sum = bias[h];
            for (int i = 0; i < c.channels; i++) sum += static_cast<double>(widen(old[p * row + i])) * widen(expand[i * c.hidden + h]);
            inner[h] = activated(sum, c.gelu ? 2 : 1);
        }
        for (int o = 0; o < c.channels; o++) {
            double sum = widen(old[p * row + before + o]), bound = 0;
            for (int h = 0; h < c.hidden; h++) {
                const double product = inner[h] * widen(project[h * c.channels + o]);
                sum += product, bound += std::abs(product);
            }
            // One rounding of each hidden value and of the result, and of the f32 sums.
            const double tolerance = epsilon * (bound + std::abs(sum)) + 1e-5 * (1 + bound);
            ASSERT_NEAR(sum, widen(rows[p * row + before + o]), tolerance)
                << c.channels << " channels, " << c.hidden << " hidden, " << c.tile << "x" << c.parts << "x" << c.chunk
                << ", pixel " << p << ", output " << o;
        }
    }
    for (int i = 0; i < static_cast<int>(rows.size()); i++) {
        const bool output = i % row >= before && i % row < outputs && i / row < c.pixels;
        ASSERT_TRUE(output || old[i].bits == rows[i].bits) << "not an output: " << i;
    }
    for (unsigned count : arrived) EXPECT_EQ(0u, count);
}

constexpr double F16_EPSILON = 1.0 / 2048, BF16_EPSILON = 1.0 / 256;

TEST(CudaMlp, EveryTileAndRemainder) {
    check<F16, 2>(mlp_f16_2, F16_EPSILON, {8, 16, 16, 16, 1, 1, 1});
    check<F16, 2>(mlp_f16_2, F16_EPSILON, {48, 80, 80, 32, 1, 1, 75});
    check<F16, 4>(mlp_f16_4, F16_EPSILON, {48, 80, 80, 64, 1, 1, 130, false});
    check<F16, 8>(mlp_f16_8, F16_EPSILON, {48, 32, 32, 128, 1, 2, 200});
    check<F16, 16>(mlp_f16_16, F16_EPSILON, {88, 160, 64, 128, 1, 1, 64});
    check<BF16, 2>(mlp_bf16_2, BF16_EPSILON, {88, 48, 32, 16, 1, 3, 49});
    check<BF16, 4>(mlp_bf16_4, BF16_EPSILON, {24, 64, 16, 16, 1, 4, 50, false});
    check<BF16, 8>(mlp_bf16_8, BF16_EPSILON, {320, 96, 32, 16, 1, 1, 17});
    check<BF16, 16>(mlp_bf16_16, BF16_EPSILON, {264, 48, 48, 32, 1, 1, 20});
}

/** Whatever tiling, with pixels, channels and hidden channels left over in the last tile, step and chunk. */
TEST(CudaMlp, AnyShapeAndTiling) {
    std::mt19937 random(11);
    const auto any = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
    for (int i = 0; i < 120; i++) {
        const int tile = 16 << any(0, 3), across = 128 / tile, most = std::min(16, 24 / across) * across;
        Case c = {8 * any(1, most), 16 * any(1, 8), 16 * any(1, 4), tile, 1, any(1, 3), any(1, 2 * tile + 1), any(0, 1) == 1};
        c.chunk = std::min(c.chunk, c.hidden);
        c.parts = any(1, (c.hidden + c.chunk - 1) / c.chunk);
        c.grid = std::min(c.grid, (c.pixels + tile - 1) / tile);
        backwards = any(0, 1) == 1;
        const int eights = (c.channels / 8 + across - 1) / across;
        if (eights <= 2) check<F16, 2>(mlp_f16_2, F16_EPSILON, c);
        else if (eights <= 4) check<BF16, 4>(mlp_bf16_4, BF16_EPSILON, c);
        else if (eights <= 8) check<F16, 8>(mlp_f16_8, F16_EPSILON, c);
        else check<BF16, 16>(mlp_bf16_16, BF16_EPSILON, c);
        if (HasFatalFailure()) break;
    }
    backwards = false;
}

/** Blocks that share a tile: whichever comes last adds up, and to the same. */
TEST(CudaMlp, PartsOfATile) {
    for (bool last_first : {false, true}) {
        backwards = last_first;
        check<F16, 2>(mlp_f16_2, F16_EPSILON, {40, 80, 16, 16, 2, 1, 49});
        check<F16, 2>(mlp_f16_2, F16_EPSILON, {40, 80, 16, 16, 4, 3, 49});
        check<BF16, 4>(mlp_bf16_4, BF16_EPSILON, {56, 128, 32, 32, 4, 2, 33});
        check<BF16, 8>(mlp_bf16_8, BF16_EPSILON, {320, 64, 16, 16, 3, 2, 20});
    }
    backwards = false;
}

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
    std::vector<T> packed;
    for (int k = 0; k < values; k += 16)
        for (int n = 0; n < c.outputs; n += 8) pack_fragment(weights.data(), values, c.outputs, k, n, packed);
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

TEST(CudaMlp, GeluFromEndToEnd) {
    for (float v = -12; v <= 12; v += 1.0f / 64) EXPECT_NEAR(activated(v, 2), gelu(v), 3e-7 * (1 + std::abs(v))) << v;
    EXPECT_EQ(0, gelu(0));
    EXPECT_EQ(INFINITY, gelu(INFINITY));
    EXPECT_TRUE(std::isnan(gelu(NAN)));
}

}  // namespace
