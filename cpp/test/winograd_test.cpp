#include "elements.h"

#include <cmath>
#include <random>

namespace {

constexpr double b_transposed[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
constexpr double a_transposed[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};

class Winograd : public testing::TestWithParam<Machine> {
protected:
    float uniform() { return std::uniform_real_distribution<float>(-1, 1)(random_); }
    int32_t lanes() const { return GetParam().kernels().lanes; }
    /** Relative to what is added up. */
    double roundoff() const { return GetParam().precision == FN_F32 ? 0x1p-22 : 0x1p-8; }

private:
    std::mt19937 random_{11};
};

INSTANTIATE_TEST_SUITE_P(Machines, Winograd, testing::ValuesIn(machines()), machine_name);

/** Every number of channels, windows that overlap, a NaN in every pixel that belongs to no window. */
TEST_P(Winograd, WindowsAtEveryPoint) {
    constexpr int64_t rows = 6, columns = 7;
    const fn::WinogradTile tiles[] = {{0, {}}, {1, {}}, {0, {}}};
    for (int32_t channels = 1; channels <= 2 * lanes() + 1; channels++) {
        const int64_t pixel = channels + 3, row = columns * pixel, padded = fn::round_up(channels, lanes());
        std::vector<fn::WinogradTile> at(tiles, tiles + 3);
        at[1].window = 2 * pixel;
        at[2].window = 2 * row + 3 * pixel;
        Elements src(GetParam(), rows * row + lanes(), NAN);
        for (const fn::WinogradTile& tile : at)
            for (int64_t i = 0; i < 16; i++)
                for (int32_t c = 0; c < channels; c++) src.set(tile.window + i / 4 * row + i % 4 * pixel + c, uniform());
        const int64_t tile_stride = padded + 5, point_stride = 3 * tile_stride + 1;
        Elements points(GetParam(), 16 * point_stride, guard);
        GetParam().kernels().transform_windows(
            {src.data(), row, pixel, at.data(), 3, channels, {points.data(), point_stride, tile_stride}});

        for (int64_t p = 0; p < 16; p++) {
            for (int64_t t = 0; t < 3; t++) {
                const int64_t first = p * point_stride + t * tile_stride;
                for (int32_t c = 0; c < channels; c++) {
                    double sum = 0;
                    for (int64_t i = 0; i < 16; i++) {
                        const double factor = b_transposed[p / 4][i / 4] * b_transposed[p % 4][i % 4];
                        if (factor != 0) sum += factor * src.get(at[t].window + i / 4 * row + i % 4 * pixel + c);
                    }
                    ASSERT_NEAR(points.get(first + c), sum, 4 * roundoff())
                        << channels << " channels, point " << p << ", tile " << t << ", channel " << c;
                }
                for (int64_t c = padded; c < tile_stride; c++) ASSERT_EQ(points.get(first + c), rounded(GetParam(), guard));
            }
        }
    }
}

/** Every range of channels; pixels in any order, some of them nowhere. */
TEST_P(Winograd, ResultsOfEveryChannel) {
    constexpr int64_t tile_count = 3;
    const int32_t channels = 3 * lanes();
    const int64_t tile_stride = channels + 16, point_stride = tile_count * tile_stride + 16;
    std::vector<float> points(16 * point_stride);
    for (float& v : points) v = uniform();
    for (int32_t begin : {0, lanes()}) {
        for (int32_t end = begin + 1; end <= channels; end++) {
            const int64_t pixel = end + 2;
            fn::WinogradTile tiles[tile_count];
            for (int32_t i = 0; i < 12; i++)
                tiles[i / 4].pixels[i % 4] = i % 5 == 3 ? -1 : static_cast<int32_t>((11 - i) * pixel);
            Elements dst(GetParam(), 12 * pixel, guard);
            GetParam().kernels().transform_results(
                {{points.data(), point_stride, tile_stride}, tiles, tile_count, begin, end, dst.data()});
            for (int64_t i = 0; i < 12; i++) {
                for (int64_t c = 0; c < pixel; c++) {
                    double sum = rounded(GetParam(), guard);
                    if (i % 5 != 3 && c >= begin && c < end) {
                        sum = 0;
                        for (int64_t p = 0; p < 16; p++)
                            sum += a_transposed[i % 4 / 2][p / 4] * a_transposed[i % 2][p % 4] *
                                   points[p * point_stride + i / 4 * tile_stride + c];
                    }
                    ASSERT_NEAR(dst.get((11 - i) * pixel + c), sum, 9 * roundoff())
                        << "channels " << begin << " to " << end << ", pixel " << i << ", channel " << c;
                }
            }
        }
    }
}

}  // namespace
