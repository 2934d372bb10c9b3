#pragma once

#include "fasternet.h"

#include <cmath>
#include <cstdint>
#include <vector>

/**
 * The layers as plain loops in double, each value with a bound of the error that the engine may make: Wilkinson's
 * running error analysis. A sum of K products may be off by K roundings of the sum of their absolute values, whatever
 * its order.
 */
namespace reference {

/** Relative errors of the engine's arithmetic. */
struct Roundoff {
    double sum = 0x1p-24;   // of one f32 operation
    double storage = 0;     // of a stored tensor
    double weight = 0;      // of a packed weight
    double gelu = 0x1p-22;  // of the activation's polynomial, relative to its argument

    static Roundoff of(fn_precision precision) {
        if (precision == FN_F32) return {};
        return {0x1p-23, 0x1p-8, 0x1p-8, 0x1p-14};
    }
};

struct Value {
    double value = 0;
    double bound = 0;
};

struct Image {
    int64_t n, c, h, w;
    std::vector<Value> values;

    Image(int64_t images, int64_t channels, int64_t height, int64_t width)
        : n(images), c(channels), h(height), w(width), values(images * channels * height * width) {}

    Value& at(int64_t image, int64_t channel, int64_t y, int64_t x) {
        return values[((image * c + channel) * h + y) * w + x];
    }
    const Value& at(int64_t image, int64_t channel, int64_t y, int64_t x) const {
        return values[((image * c + channel) * h + y) * w + x];
    }
};

/** A sum of products and the magnitude its rounding errors are relative to. */
class Sum {
public:
    explicit Sum(double bias) : value_(bias), magnitude_(std::abs(bias)) {}

    void add(double weight, const Value& x, const Roundoff& roundoff) {
        value_ += weight * x.value;
        magnitude_ += std::abs(weight * x.value);
        bound_ += std::abs(weight) * x.bound + roundoff.weight * std::abs(weight) * (std::abs(x.value) + x.bound);
        terms_++;
    }

    Value result(const Roundoff& roundoff) const {
        return {value_, bound_ + (terms_ + 1) * roundoff.sum * (magnitude_ + bound_)};
    }

private:
    double value_, magnitude_, bound_ = 0;
    int64_t terms_ = 0;
};

inline Value activate(fn_activation activation, const Value& x, const Roundoff& roundoff) {
    if (activation == FN_RELU) return {std::fmax(x.value, 0), x.bound};
    if (activation == FN_NONE) return x;
    const double value = 0.5 * x.value * std::erfc(-x.value / std::sqrt(2.0));
    return {value, 1.13 * x.bound + roundoff.gelu * (std::abs(x.value) + x.bound)};  // 1.13: the steepest slope of GELU
}

inline Value stored(const Value& x, const Roundoff& roundoff) {
    return {x.value, x.bound + roundoff.storage * (std::abs(x.value) + x.bound)};
}

inline Image stored(Image x, const Roundoff& roundoff) {
    for (Value& v : x.values) v = stored(v, roundoff);
    return x;
}

inline Value add(const Value& a, const Value& b, const Roundoff& roundoff) {
    return {a.value + b.value, a.bound + b.bound + roundoff.sum * (std::abs(a.value + b.value) + a.bound + b.bound)};
}

/** kernel x kernel convolution; weights [channels][x.c][kernel][kernel], bias may be empty. */
inline Image convolve(const Image& x, int64_t channels, int kernel, int stride, int padding,
                      const std::vector<float>& weights, const std::vector<float>& bias, const Roundoff& roundoff) {
    Image y(x.n, channels, (x.h + 2 * padding - kernel) / stride + 1, (x.w + 2 * padding - kernel) / stride + 1);
    for (int64_t n = 0; n < y.n; n++)
        for (int64_t o = 0; o < channels; o++)
            for (int64_t r = 0; r < y.h; r++)
                for (int64_t q = 0; q < y.w; q++) {
                    Sum sum(bias.empty() ? 0 : bias[o]);
                    for (int64_t c = 0; c < x.c; c++)
                        for (int dy = 0; dy < kernel; dy++)
                            for (int dx = 0; dx < kernel; dx++) {
                                const int64_t sy = r * stride - padding + dy, sx = q * stride - padding + dx;
                                if (sy < 0 || sy >= x.h || sx < 0 || sx >= x.w) continue;
                                sum.add(weights[((o * x.c + c) * kernel + dy) * kernel + dx], x.at(n, c, sy, sx),
                                        roundoff);
                            }
                    y.at(n, o, r, q) = sum.result(roundoff);
                }
    return y;
}

inline Image activate(Image x, fn_activation activation, const Roundoff& roundoff) {
    for (Value& v : x.values) v = activate(activation, v, roundoff);
    return x;
}

/**
 * The magnitudes that the roundings of Winograd's F(2x2, 3x3) are relative to. It transforms the 4x4 window of a tile of
 * 2x2 pixels at 16 points and makes a pixel of nine of them, so they are more than those of the nine products of a pixel's
 * own window. The transforms' factors are used without their signs.
 */
class WinogradMagnitude {
public:
    /** @param weights [x.c][x.c][3][3] */
    WinogradMagnitude(const Image& x, const std::vector<float>& weights)
        : x_(x), weights_(x.c * x.c * 16), window_(x.c * 16) {
        static constexpr double g[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}};
        for (int64_t k = 0; k < x.c * x.c; k++)
            for (int p = 0; p < 16; p++)
                for (int i = 0; i < 9; i++)
                    weights_[k * 16 + p] += g[p / 4][i / 3] * g[p % 4][i % 3] * std::abs(weights[k * 9 + i]);
    }

    /** Goes to a tile, by its upper left pixel. */
    void go_to(int64_t image, int64_t row, int64_t column) {
        static constexpr int b[4][2] = {{0, 2}, {1, 2}, {1, 2}, {1, 3}};  // the rows that a point adds or subtracts
        for (int64_t c = 0; c < x_.c; c++)
            for (int p = 0; p < 16; p++) {
                window_[c * 16 + p] = 0;
                for (int dy : b[p / 4])
                    for (int dx : b[p % 4]) window_[c * 16 + p] += pixel(image, c, row - 1 + dy, column - 1 + dx);
            }
    }

    /** Of pixel (y, x) of the tile, each 0 or 1, in one channel of the result. */
    double of(int64_t channel, int y, int x) const {
        double magnitude = 0;
        for (int64_t c = 0; c < x_.c; c++)
            for (int i = y; i < 3 + y; i++)
                for (int j = x; j < 3 + x; j++)
                    magnitude += weights_[(channel * x_.c + c) * 16 + 4 * i + j] * window_[c * 16 + 4 * i + j];
        return magnitude;
    }

private:
    double pixel(int64_t image, int64_t channel, int64_t y, int64_t x) const {
        if (y < 0 || y >= x_.h || x < 0 || x >= x_.w) return 0;
        const Value& v = x_.at(image, channel, y, x);
        return std::abs(v.value) + v.bound;
    }

    const Image& x_;
    std::vector<double> weights_, window_;
};

/**
 * 3x3 convolution, weights [x.c][x.c][3][3]: the plain loop's values, with the bound of Winograd's way to compute them.
 */
inline Image convolve3x3(const Image& x, const std::vector<float>& weights, const Roundoff& roundoff) {
    Image y = convolve(x, x.c, 3, 1, 1, weights, {}, {0, 0, 0, 0});
    const double relative = static_cast<double>(x.c + 12) * roundoff.sum + roundoff.weight + roundoff.storage;
    WinogradMagnitude magnitude(x, weights);
    for (int64_t n = 0; n < y.n; n++)
        for (int64_t r = 0; r < y.h; r += 2)
            for (int64_t q = 0; q < y.w; q += 2) {
                magnitude.go_to(n, r, q);
                for (int i = 0; i < 4; i++) {
                    if (r + i / 2 >= y.h || q + i % 2 >= y.w) continue;
                    for (int64_t o = 0; o < y.c; o++)
                        y.at(n, o, r + i / 2, q + i % 2).bound += relative * magnitude.of(o, i / 2, i % 2);
                }
            }
    return y;
}

/** [conv3x3(x1), x2] */
inline Image partial_conv(const Image& x, int64_t partial, const std::vector<float>& weights,
                          const Roundoff& roundoff) {
    Image touched(x.n, partial, x.h, x.w);
    for (int64_t n = 0; n < x.n; n++)
        for (int64_t i = 0; i < partial * x.h * x.w; i++)
            touched.values[n * partial * x.h * x.w + i] = x.values[n * x.c * x.h * x.w + i];
    touched = stored(convolve3x3(touched, weights, roundoff), roundoff);
    Image y = x;
    for (int64_t n = 0; n < x.n; n++)
        for (int64_t i = 0; i < partial * x.h * x.w; i++)
            y.values[n * x.c * x.h * x.w + i] = touched.values[n * partial * x.h * x.w + i];
    return y;
}

inline Image sum(const Image& a, const Image& b, const Roundoff& roundoff) {
    Image y = a;
    for (size_t i = 0; i < y.values.size(); i++) y.values[i] = add(a.values[i], b.values[i], roundoff);
    return y;
}

inline Image pool(const Image& x, const Roundoff& roundoff) {
    Image y(x.n, x.c, 1, 1);
    for (int64_t n = 0; n < x.n; n++)
        for (int64_t c = 0; c < x.c; c++) {
            Sum sum(0);
            for (int64_t r = 0; r < x.h; r++)
                for (int64_t q = 0; q < x.w; q++)
                    sum.add(1.0 / static_cast<double>(x.h * x.w), x.at(n, c, r, q), {roundoff.sum, 0, 0, 0});
            y.at(n, c, 0, 0) = sum.result(roundoff);
        }
    return y;
}

}  // namespace reference
