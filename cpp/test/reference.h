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
 * The magnitude of what Winograd's F(2x2, 3x3) adds up to one pixel of one channel. It transforms the 4x4 window of a
 * tile of 2x2 pixels, so roundings are relative to more than the nine products of the pixel's own window.
 */
inline double winograd_magnitude(const Image& x, const float* weights, int64_t image, int64_t row, int64_t column) {
    static constexpr double g[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}};  // absolute values
    static constexpr int b[4][2] = {{0, 2}, {1, 2}, {1, 2}, {1, 3}};  // the two rows that each point adds or subtracts
    const int64_t top = row / 2 * 2 - 1, left = column / 2 * 2 - 1;
    const auto pixel = [&](int64_t c, int64_t r, int64_t q) {
        return r < 0 || r >= x.h || q < 0 || q >= x.w ? 0 : std::abs(x.at(image, c, r, q).value) + x.at(image, c, r, q).bound;
    };
    double magnitude = 0;
    for (int64_t c = 0; c < x.c; c++)
        for (int64_t i = row % 2; i < 3 + row % 2; i++)  // a pixel is made of nine points
            for (int64_t j = column % 2; j < 3 + column % 2; j++) {
                double weight = 0, window = 0;
                for (int dy = 0; dy < 3; dy++)
                    for (int dx = 0; dx < 3; dx++) weight += g[i][dy] * g[j][dx] * std::abs(weights[c * 9 + dy * 3 + dx]);
                for (int dy : b[i])
                    for (int dx : b[j]) window += pixel(c, top + dy, left + dx);
                magnitude += weight * window;
            }
    return magnitude;
}

/** 3x3 convolution, weights [x.c][x.c][3][3]: the plain loop's values, with the bound of Winograd's way to compute them. */
inline Image convolve3x3(const Image& x, const std::vector<float>& weights, const Roundoff& roundoff) {
    Image y = convolve(x, x.c, 3, 1, 1, weights, {}, {0, 0, 0, 0});
    const double relative = static_cast<double>(x.c + 12) * roundoff.sum + roundoff.weight + roundoff.storage;
    for (int64_t n = 0; n < y.n; n++)
        for (int64_t o = 0; o < y.c; o++)
            for (int64_t r = 0; r < y.h; r++)
                for (int64_t q = 0; q < y.w; q++)
                    y.at(n, o, r, q).bound += relative * winograd_magnitude(x, &weights[o * x.c * 9], n, r, q);
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
