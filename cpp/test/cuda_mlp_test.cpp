// The CUDA kernels of a block, run on the CPU from their own source, against plain loops.
#include "cuda_values.h"

#include <gtest/gtest.h>

namespace {

struct Case {
    int channels, hidden, chunk, tile, parts, grid, pixels;
    bool gelu = true;
};

template <class T> struct Weights {
    const Case& c;
    const std::vector<T> expand = random_values<T>(c.channels * c.hidden, 2, 0.5f);
    const std::vector<T> project = random_values<T>(c.hidden * c.channels, 3, 0.3f);
    std::vector<float> bias = random_values<float>(c.hidden, 4);
    std::vector<T> packed_expand;
    const std::vector<T> packed_project = pack_fragments(project, c.hidden, c.channels);

    explicit Weights(const Case& c) : c(c) {
        for (int n = 0; n < c.hidden; n += 8)
            for (int k = 0; k < c.channels; k += 16) pack_fragment(expand.data(), c.channels, c.hidden, k, n, packed_expand);
    }

    /** The MLP of one pixel's channels. */
    std::vector<Sum> compute(const T* src) const {
        std::vector<Sum> dst(c.channels);
        for (int h = 0; h < c.hidden; h++) {
            double sum = bias[h];
            for (int i = 0; i < c.channels; i++) sum += static_cast<double>(widen(src[i])) * widen(expand[i * c.hidden + h]);
            const double inner = activated(sum, c.gelu ? 2 : 1);
            for (int o = 0; o < c.channels; o++) dst[o].add(inner * widen(project[h * c.channels + o]));
        }
        return dst;
    }
};

/** What a launch has beside rows and weights. */
struct Launched {
    const Case& c;
    const int tiles = (c.pixels + c.tile - 1) / c.tile;
    std::vector<float> partials = std::vector<float>(static_cast<size_t>(tiles) * c.parts * c.tile * c.channels, NAN);
    std::vector<unsigned> arrived = std::vector<unsigned>(tiles, 0);

    /** @param more bytes of a thread block's shared memory than the two products need */
    template <class T, class Arguments>
    void run(void (*kernel)(Arguments), int more, const Arguments& arguments, std::vector<T>& rows) {
        const int chunks = (c.hidden + c.chunk - 1) / c.chunk, k16s = (c.channels + 15) / 16;
        const int stage = c.chunk / 8 * k16s * 256 + c.chunk / 16 * (c.channels / 8) * 256 + c.chunk * 4;
        const int stages = chunks > c.parts ? 2 : 1;
        const int shared = std::max(c.tile * (32 * k16s + 16 + 2 * c.chunk + 16), c.tile * (c.channels + 4) * 4) + stages * stage + more;
        handed.memory = bytes(partials);
        launch_early(kernel, {static_cast<unsigned>(c.grid), static_cast<unsigned>(c.parts), 1}, MLP_THREADS, shared, arguments,
                     {bytes(rows), bytes(partials), bytes(arrived)});
        handed.memory = {nullptr, 0};
        for (unsigned count : arrived) EXPECT_EQ(0u, count);
    }

    template <class T> MlpArguments arguments(i64 src, i64 dst, int row, const Weights<T>& weights) const {
        return {src, dst, address(weights.packed_expand), address(weights.bias), address(weights.packed_project),
                address(partials), address(arrived), c.pixels, row, c.channels, c.hidden, c.chunk, c.tile, c.gelu ? 2 : 1};
    }
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
    const Weights<T> weights(c);
    Launched launched{c};
    const std::vector<T> old = rows;
    launched.run(kernel, 0, launched.arguments(address(rows), address(rows) + 2 * before, row, weights), rows);
    for (int p = 0; p < c.pixels; p++) {
        const std::vector<Sum> sums = weights.compute(&old[p * row]);
        for (int o = 0; o < c.channels; o++) {
            const double sum = sums[o].value + widen(old[p * row + before + o]);
            // One rounding of each hidden value and of the result, and of the f32 sums.
            const double tolerance = epsilon * (sums[o].bound + std::abs(sum)) + 1e-5 * (1 + sums[o].bound);
            ASSERT_NEAR(sum, widen(rows[p * row + before + o]), tolerance)
                << c.channels << " channels, " << c.hidden << " hidden, " << c.tile << "x" << c.parts << "x" << c.chunk
                << ", pixel " << p << ", output " << o;
        }
    }
    for (int i = 0; i < static_cast<int>(rows.size()); i++) {
        const bool output = i % row >= before && i % row < outputs && i / row < c.pixels;
        ASSERT_TRUE(output || old[i].bits == rows[i].bits) << "not an output: " << i;
    }
}

/** Of whole blocks, of which `slice` channels are x1. */
struct Blocks {
    int batch, height, width, slice;
};

/** There and back: [ y1 | x2 | x1 ] becomes [ x1 | x2 | y1 ], where y1 is NaN at first. */
template <class T, int N>
void check_block(void (*kernel)(BlockArguments), double epsilon, Case c, const Blocks& blocks, bool back) {
    c.pixels = blocks.batch * blocks.height * blocks.width;
    c.grid = std::min(c.grid, (c.pixels + c.tile - 1) / c.tile);
    const int slice = blocks.slice, row = c.channels + slice, x1 = back ? 0 : c.channels, next = back ? c.channels : 0;
    const Images images = {blocks.height, blocks.width, row, x1, slice};
    const int k16s = (slice + 15) / 16;
    std::vector<T> rows = random_values<T>(static_cast<size_t>(c.pixels) * row, 1);
    for (int p = 0; p < c.pixels; p++)
        for (int i = 0; i < slice; i++) rows[p * row + next + i].bits = 0xffff;
    const std::vector<T> taps = random_values<T>(9 * slice * slice, 5, 0.3f), old = rows;
    const std::vector<T> packed = pack_fragments(taps, slice, slice);
    const Weights<T> weights(c);
    Launched launched{c};
    const int more = (c.tile + 2 * (images.width + 1)) * (32 * k16s + 16) + 9 * k16s * (slice / 8) * 256;
    BlockArguments arguments{launched.arguments(address(rows), address(rows) + 2 * slice, row, weights), address(rows) + 2 * x1,
                             address(rows) + 2 * next, address(packed), slice, images.height, images.width};
    launched.run(kernel, more, arguments, rows);
    for (int p = 0; p < c.pixels; p++) {
        std::vector<T> src(slice);
        // Rounded, as the kernel does.
        for (int o = 0; o < slice; o++) narrow(static_cast<float>(convolved(old, taps, images, p, o).value), src[o]);
        src.insert(src.end(), &old[p * row + slice], &old[p * row + c.channels]);
        const std::vector<Sum> sums = weights.compute(src.data());
        for (int o = 0; o < c.channels; o++) {
            const bool of_x2 = o < c.channels - slice;
            const int from = of_x2 ? slice + o : x1 + o - (c.channels - slice), to = of_x2 ? from : from - x1 + next;
            const double sum = sums[o].value + widen(old[p * row + from]);
            const double tolerance = 2 * epsilon * (sums[o].bound + std::abs(sum)) + 1e-5 * (1 + sums[o].bound);
            ASSERT_NEAR(sum, widen(rows[p * row + to]), tolerance)
                << c.channels << " channels, " << slice << " of them, " << c.hidden << " hidden, " << c.tile << "x" << c.parts << "x"
                << c.chunk << ", " << images.height << "x" << images.width << ", pixel " << p << ", output " << o;
        }
        for (int i = 0; i < slice; i++) ASSERT_EQ(old[p * row + x1 + i].bits, rows[p * row + x1 + i].bits) << "neighbours read it";
    }
}

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

TEST(CudaMlp, GeluFromEndToEnd) {
    for (float v = -12; v <= 12; v += 1.0f / 64) EXPECT_NEAR(activated(v, 2), gelu(v), 3e-7 * (1 + std::abs(v))) << v;
    EXPECT_EQ(0, gelu(0));
    EXPECT_EQ(INFINITY, gelu(INFINITY));
    EXPECT_TRUE(std::isnan(gelu(NAN)));
}

TEST(CudaBlock, EveryTileAndRemainder) {
    for (bool back : {false, true}) {
        check_block<F16, 2>(block_f16_2, F16_EPSILON, {16, 16, 16, 16, 1, 1, 0}, {1, 1, 1, 8}, back);
        check_block<F16, 2>(block_f16_2, F16_EPSILON, {48, 80, 80, 16, 1, 9, 0}, {2, 7, 9, 16}, back);
        check_block<F16, 4>(block_f16_4, F16_EPSILON, {48, 80, 32, 64, 1, 1, 0, false}, {1, 3, 50, 16}, back);
        check_block<F16, 8>(block_f16_8, F16_EPSILON, {48, 32, 32, 128, 1, 2, 0}, {5, 8, 8, 8}, back);
        check_block<BF16, 4>(block_bf16_4, BF16_EPSILON, {160, 64, 16, 16, 4, 2, 0}, {1, 5, 6, 40}, back);
        check_block<BF16, 16>(block_bf16_16, BF16_EPSILON, {320, 48, 48, 32, 1, 1, 0}, {1, 3, 3, 80}, back);
    }
}

/** Any number of images, of any size: a tile may begin in one and end in the one after the next. */
TEST(CudaBlock, AnyShapeAndTiling) {
    std::mt19937 random(12);
    const auto any = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
    for (int i = 0; i < 60; i++) {
        const int tile = 16 << any(0, 3), across = 128 / tile, most = std::min(16, 24 / across) * across;
        const int eights = any(2, std::max(2, most)), slice = 8 * any(1, std::min(eights - 1, 6));
        Case c = {8 * eights, 16 * any(1, 6), 16 * any(1, 4), tile, 1, any(1, 3), 0, any(0, 1) == 1};
        c.chunk = std::min(c.chunk, c.hidden);
        c.parts = any(1, (c.hidden + c.chunk - 1) / c.chunk);
        const Blocks images = {any(1, 3), any(1, 9), any(1, 11), slice};
        const bool back = any(0, 1) == 1;
        backwards = any(0, 1) == 1;
        const int of_warp = (eights + across - 1) / across;
        if (of_warp <= 2) check_block<F16, 2>(block_f16_2, F16_EPSILON, c, images, back);
        else if (of_warp <= 4) check_block<BF16, 4>(block_bf16_4, BF16_EPSILON, c, images, back);
        else if (of_warp <= 8) check_block<F16, 8>(block_f16_8, F16_EPSILON, c, images, back);
        else check_block<BF16, 16>(block_bf16_16, BF16_EPSILON, c, images, back);
        if (HasFatalFailure()) break;
    }
    backwards = false;
}

}  // namespace
