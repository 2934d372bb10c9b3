#pragma once

#include "machines.h"

#include <cmath>
#include <cstring>
#include <deque>
#include <random>

/** 8-bit images N x C x H x W, and what a value of 0 is stored as. */
struct Bytes {
    int64_t n, c, h, w;
    int32_t zero_point;
    std::vector<uint8_t> values;

    Bytes(int64_t images, int64_t channels, int64_t height, int64_t width, int32_t zero)
        : n(images), c(channels), h(height), w(width), zero_point(zero), values(images * channels * height * width) {}

    uint8_t& at(int64_t image, int64_t channel, int64_t y, int64_t x) {
        return values[((image * c + channel) * h + y) * w + x];
    }
    int32_t at(int64_t image, int64_t channel, int64_t y, int64_t x) const {
        const bool inside = y >= 0 && y < h && x >= 0 && x < w;
        return inside ? values[((image * c + channel) * h + y) * w + x] : zero_point;
    }
};

/**
 * A network in int8 built twice: as a model of the engine, and by plain loops of whole numbers and the formula of
 * fn_model_quantize. Their results must be the same bits.
 */
class Int8Network {
public:
    Int8Network(const Machine& machine, int64_t images, int32_t channels, int32_t height, int32_t width, uint32_t seed = 1)
        : random_(seed), src_(images, channels, height, width, whole(0, 255)), x_(src_) {
        check(fn_model_create(FN_INT8, machine.isa, 2, &model_));
        for (uint8_t& v : src_.values) v = static_cast<uint8_t>(whole(0, 255));
        x_ = src_;
    }
    ~Int8Network() { fn_model_destroy(model_); }
    Int8Network(const Int8Network&) = delete;

    void input() {
        check(fn_model_quantize_src(model_, 1, src_.zero_point));
        check(fn_model_add_input(model_, static_cast<int32_t>(src_.c)));
    }

    /** From every layout with the same weights; f32 pixels are those of pixels(). */
    void pixel_conv(int32_t channels, int32_t kernel) {
        check(fn_model_quantize_src(model_, inverse_scale, src_.zero_point));
        const Matrix m = matrix(channels, x_.c * kernel * kernel);
        const int32_t zero = whole(0, 255);
        for (int layout : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_U8}) {
            quantize(m, 0, zero, nullptr);
            check(fn_model_add_pixel_conv(model_, layout, static_cast<int32_t>(x_.c), channels, kernel, m.weights.data(),
                                          nullptr));
        }
        x_ = convolve(x_, m, kernel, kernel, 0, zero, nullptr);
    }

    void patch_conv(int32_t channels, int32_t kernel) {
        const Matrix m = matrix(channels, x_.c * kernel * kernel);
        const int32_t zero = whole(0, 255);
        quantize(m, 0, zero, nullptr);
        check(fn_model_add_patch_conv(model_, channels, kernel, m.weights.data(), nullptr));
        x_ = convolve(x_, m, kernel, kernel, 0, zero, nullptr);
    }

    void block(int32_t partial, int32_t hidden, bool table) {
        const Matrix conv = matrix(partial, int64_t{partial} * 9), expand = matrix(hidden, x_.c),
                     project = matrix(static_cast<int32_t>(x_.c), hidden);
        const int32_t hidden_zero = whole(0, 255);
        const float residual_scale = std::uniform_real_distribution<float>(0.3f, 1.5f)(random_);
        const std::vector<uint8_t>* const activation = table ? &random_table() : nullptr;
        quantize(conv, 0, x_.zero_point, nullptr);
        quantize(expand, 0, hidden_zero, activation);
        quantize(project, residual_scale, x_.zero_point, nullptr);
        check(fn_model_add_block(model_, partial, hidden, FN_NONE, conv.weights.data(), expand.weights.data(), nullptr,
                                 project.weights.data()));
        const Bytes hidden_values = convolve(convolved(partial, conv), expand, 1, 1, 0, hidden_zero, activation);
        x_ = convolve(hidden_values, project, 1, 1, 0, x_.zero_point, nullptr, &x_, residual_scale);
    }

    void partial_conv(int32_t partial) {
        const Matrix conv = matrix(partial, int64_t{partial} * 9);
        quantize(conv, 0, x_.zero_point, nullptr);
        check(fn_model_add_partial_conv(model_, partial, conv.weights.data()));
        x_ = convolved(partial, conv);
    }

    void pointwise(int32_t channels, bool table, bool residual = false) {
        const Matrix m = matrix(channels, x_.c);
        const int32_t zero = residual ? x_.zero_point : whole(0, 255);
        const float residual_scale = residual ? 0.7f : 0;
        const std::vector<uint8_t>* const activation = table ? &random_table() : nullptr;
        quantize(m, residual_scale, zero, activation);
        check(fn_model_add_pointwise(model_, channels, FN_NONE, residual, m.weights.data(), nullptr));
        x_ = convolve(x_, m, 1, 1, 0, zero, activation, residual ? &x_ : nullptr, residual_scale);
    }

    /** The last product, handed out as f32. */
    void logits(int32_t channels) {
        const Matrix m = matrix(channels, x_.c);
        quantize(m, 0, FN_DEQUANTIZE, nullptr);
        check(fn_model_add_pointwise(model_, channels, FN_NONE, 0, m.weights.data(), nullptr));
        check(fn_model_add_output(model_, FN_NCHW_F32, FN_STORE, nullptr, nullptr));
        for (int64_t n = 0; n < x_.n; n++)
            for (int32_t o = 0; o < channels; o++)
                for (int64_t y = 0; y < x_.h; y++)
                    for (int64_t x = 0; x < x_.w; x++)
                        logits_.push_back(static_cast<float>(sum(x_, m, o, 1, n, y, x)) * m.scale[o]);
    }

    void pool() {
        Matrix m{{}, std::vector<int32_t>(x_.c, -x_.zero_point), std::vector<float>(x_.c, 0.47f)};
        const int32_t zero = whole(0, 255);
        quantize(m, 0, zero, nullptr);
        check(fn_model_add_pool(model_));
        Bytes y(x_.n, x_.c, 1, 1, zero);
        for (int64_t n = 0; n < x_.n; n++)
            for (int64_t c = 0; c < x_.c; c++) {
                int64_t sum = 0;
                for (int64_t i = 0; i < x_.h * x_.w; i++) sum += x_.values[(n * x_.c + c) * x_.h * x_.w + i];
                const float mean = static_cast<float>(sum) / static_cast<float>(x_.h * x_.w);
                y.at(n, c, 0, 0) = saturate((mean + static_cast<float>(m.bias[c])) * m.scale[c], zero);
            }
        x_ = y;
    }

    void output() { check(fn_model_add_output(model_, FN_NHWC_U8, FN_STORE, nullptr, nullptr)); }

    void finish() { check(fn_model_finish(model_)); }

    /** The source as f32 that rounds to the 8-bit source: not at the middle of a step. */
    std::vector<float> f32_source(fn_layout layout) const {
        std::vector<float> p;
        for (uint8_t v : source(layout))
            p.push_back((static_cast<float>(v) - static_cast<float>(src_.zero_point) + (v % 3 - 1) * 0.4f) / inverse_scale);
        return p;
    }

    /** The 8-bit source, channels last unless the layout is of planes. */
    std::vector<uint8_t> source(fn_layout layout = FN_NHWC_U8) const { return ordered(src_, layout == FN_NCHW_F32); }

    /** What must come out of output(). */
    std::vector<uint8_t> expected() const { return ordered(x_, false); }
    const std::vector<float>& expected_logits() const { return logits_; }

    template <class Result>
    std::vector<Result> run(const void* src, fn_layout layout, int threads, size_t results) const {
        fn_program* program = nullptr;
        check(fn_program_create(model_, layout, src_.n, static_cast<int32_t>(src_.h), static_cast<int32_t>(src_.w), threads, 0,
                                &program));
        if (!program) return {};
        std::vector<Result> dst(results + 64, Result{77});
        const int64_t address = reinterpret_cast<int64_t>(dst.data());
        check(fn_program_run(program, reinterpret_cast<int64_t>(src), 0, reinterpret_cast<int64_t>(&address)));
        fn_program_destroy(program);
        for (size_t i = results; i < dst.size(); i++) EXPECT_EQ(dst[i], Result{77}) << "written behind the end";
        dst.resize(results);
        return dst;
    }

    std::vector<uint8_t> run(int threads) const {
        return run<uint8_t>(source().data(), FN_NHWC_U8, threads, x_.values.size());
    }

    fn_model* model() const { return model_; }
    const Bytes& src() const { return src_; }

private:
    static constexpr float inverse_scale = 48;

    struct Matrix {
        std::vector<float> weights;
        std::vector<int32_t> bias;
        std::vector<float> scale;
    };

    static void check(fn_status status) { EXPECT_EQ(status, FN_OK) << fn_last_error(); }

    int32_t whole(int32_t least, int32_t most) { return std::uniform_int_distribution<int32_t>(least, most)(random_); }

    /** Any weights; a bias and scales that leave some results within 8 bits and let others saturate. */
    Matrix matrix(int32_t columns, int64_t depth) {
        Matrix m;
        for (int64_t i = 0; i < columns * depth; i++) m.weights.push_back(static_cast<float>(whole(-127, 127)));
        for (int32_t i = 0; i < columns; i++) {
            int64_t sum = 0;
            for (int64_t k = 0; k < depth; k++) sum += static_cast<int64_t>(m.weights[i * depth + k]);
            m.bias.push_back(static_cast<int32_t>(whole(-3000, 3000) - 128 * sum));
            m.scale.push_back(std::uniform_real_distribution<float>(0.005f, 0.03f)(random_) /
                              std::sqrt(static_cast<float>(depth)));
        }
        return m;
    }

    const std::vector<uint8_t>& random_table() {
        std::vector<uint8_t>& table = tables_.emplace_back(256);
        for (uint8_t& v : table) v = static_cast<uint8_t>(whole(0, 255));
        return table;
    }

    void quantize(const Matrix& m, float residual_scale, int32_t zero_point, const std::vector<uint8_t>* table) {
        check(fn_model_quantize(model_, static_cast<int32_t>(m.bias.size()), m.bias.data(), m.scale.data(), residual_scale,
                                zero_point, table ? table->data() : nullptr));
    }

    static int32_t sum(const Bytes& x, const Matrix& m, int64_t o, int kernel, int64_t n, int64_t y0, int64_t x0) {
        int32_t sum = m.bias[o];
        for (int64_t c = 0; c < x.c; c++)
            for (int dy = 0; dy < kernel; dy++)
                for (int dx = 0; dx < kernel; dx++)
                    sum += static_cast<int32_t>(m.weights[((o * x.c + c) * kernel + dy) * kernel + dx]) *
                           x.at(n, c, y0 + dy, x0 + dx);
        return sum;
    }

    static uint8_t saturate(float v, int32_t zero_point) {
        return static_cast<uint8_t>(std::fmin(std::fmax(std::nearbyint(v) + static_cast<float>(zero_point), 0.0f), 255.0f));
    }

    static Bytes convolve(const Bytes& x, const Matrix& m, int kernel, int stride, int padding, int32_t zero_point,
                          const std::vector<uint8_t>* table, const Bytes* residual = nullptr, float residual_scale = 0) {
        Bytes y(x.n, static_cast<int64_t>(m.bias.size()), (x.h + 2 * padding - kernel) / stride + 1,
                (x.w + 2 * padding - kernel) / stride + 1, zero_point);
        for (int64_t n = 0; n < y.n; n++)
            for (int64_t o = 0; o < y.c; o++)
                for (int64_t r = 0; r < y.h; r++)
                    for (int64_t q = 0; q < y.w; q++) {
                        volatile float v = static_cast<float>(sum(x, m, o, kernel, n, r * stride - padding, q * stride - padding)) *
                                           m.scale[o];
                        if (residual) {
                            const volatile float added =
                                static_cast<float>(residual->at(n, o, r, q) - zero_point) * residual_scale;
                            v = v + added;
                        }
                        const uint8_t value = saturate(v, zero_point);
                        y.at(n, o, r, q) = table ? (*table)[value] : value;
                    }
        return y;
    }

    /** [conv3x3(x1), x2] */
    Bytes convolved(int32_t partial, const Matrix& conv) const {
        Bytes touched(x_.n, partial, x_.h, x_.w, x_.zero_point);
        for (int64_t n = 0; n < x_.n; n++)
            for (int32_t c = 0; c < partial; c++)
                for (int64_t y = 0; y < x_.h; y++)
                    for (int64_t x = 0; x < x_.w; x++) touched.at(n, c, y, x) = static_cast<uint8_t>(x_.at(n, c, y, x));
        touched = convolve(touched, conv, 3, 1, 1, x_.zero_point, nullptr);
        Bytes result = x_;
        for (int64_t n = 0; n < x_.n; n++)
            for (int32_t c = 0; c < partial; c++)
                for (int64_t y = 0; y < x_.h; y++)
                    for (int64_t x = 0; x < x_.w; x++)
                        result.at(n, c, y, x) = static_cast<uint8_t>(std::as_const(touched).at(n, c, y, x));
        return result;
    }

    static std::vector<uint8_t> ordered(const Bytes& b, bool planes) {
        if (planes) return b.values;
        std::vector<uint8_t> p;
        for (int64_t n = 0; n < b.n; n++)
            for (int64_t y = 0; y < b.h; y++)
                for (int64_t x = 0; x < b.w; x++)
                    for (int64_t c = 0; c < b.c; c++) p.push_back(static_cast<uint8_t>(b.at(n, c, y, x)));
        return p;
    }

    std::mt19937 random_;
    Bytes src_, x_;
    std::vector<float> logits_;
    std::deque<std::vector<uint8_t>> tables_;
    fn_model* model_ = nullptr;
};
