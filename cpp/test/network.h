#pragma once

#include "machines.h"
#include "reference.h"

#include <cmath>
#include <deque>
#include <random>
#include <string>

/** Weights that are the engine's for one call: behind it they are NaN. */
class Lent {
public:
    explicit Lent(const std::vector<float>& values) : values_(values) {}
    ~Lent() { std::fill(values_.begin(), values_.end(), NAN); }
    operator const float*() const { return values_.data(); }

private:
    std::vector<float> values_;
};

/** A network built twice, layer by layer: as a model of the engine and as the reference's result. */
class Network {
public:
    Network(const Machine& machine, int64_t images, int32_t channels, int32_t height, int32_t width, uint32_t seed = 1)
        : roundoff_(reference::Roundoff::of(machine.precision)),
          random_(seed),
          height_(height),
          width_(width),
          x_(images, channels, height, width) {
        check(fn_model_create(machine.precision, machine.isa, 3, &model_));
        for (reference::Value& v : x_.values) v.value = static_cast<float>(uniform(-1, 1));
    }
    ~Network() { fn_model_destroy(model_); }
    Network(const Network&) = delete;

    /** The source, as the given layout wants it. */
    std::vector<float> pixels(fn_layout layout) const {
        std::vector<float> p(source_.size());
        for (int64_t n = 0; n < source_images(); n++)
            for (int64_t c = 0; c < source_channels_; c++)
                for (int64_t i = 0; i < int64_t{height_} * width_; i++) {
                    const float v = source_[(n * source_channels_ + c) * height_ * width_ + i];
                    p[layout == FN_NCHW_F32 ? (n * source_channels_ + c) * height_ * width_ + i
                                            : (n * height_ * width_ + i) * source_channels_ + c] = v;
                }
        return p;
    }

    void input() {
        keep_source();
        check(fn_model_add_input(model_, static_cast<int32_t>(x_.c)));
        x_ = stored(x_, roundoff_);
    }

    /** From every layout, with the same weights. For 8-bit pixels use whole numbers: see round_source(). */
    void pixel_conv(int32_t channels, int kernel) {
        keep_source();
        const auto& w = weights(channels * x_.c * kernel * kernel, x_.c * kernel * kernel);
        const auto& b = weights(channels, 1);
        for (fn_layout layout : {FN_NCHW_F32, FN_NHWC_F32, FN_NHWC_U8})
            check(fn_model_add_pixel_conv(model_, layout, static_cast<int32_t>(x_.c), channels, kernel, Lent(w),
                                          Lent(b)));
        x_ = stored(convolve(stored(x_, roundoff_), channels, kernel, kernel, 0, w, b, roundoff_), roundoff_);
    }

    void patch_conv(int32_t channels, int kernel) {
        const auto& w = weights(channels * x_.c * kernel * kernel, x_.c * kernel * kernel);
        const auto& b = weights(channels, 1);
        check(fn_model_add_patch_conv(model_, channels, kernel, Lent(w), Lent(b)));
        x_ = stored(convolve(x_, channels, kernel, kernel, 0, w, b, roundoff_), roundoff_);
    }

    void block(int32_t partial, int32_t hidden, fn_activation activation) {
        const auto& conv = weights(partial * partial * 9, partial * 9);
        const auto& expand = weights(hidden * x_.c, x_.c);
        const auto& bias = weights(hidden, 1);
        const auto& project = weights(x_.c * hidden, hidden);
        check(fn_model_add_block(model_, partial, hidden, activation, Lent(conv), Lent(expand), Lent(bias),
                                 Lent(project)));
        const reference::Image z = partial_conv(x_, partial, conv, roundoff_);
        const reference::Image h =
            stored(activate(convolve(z, hidden, 1, 1, 0, expand, bias, roundoff_), activation, roundoff_), roundoff_);
        x_ = stored(sum(convolve(h, x_.c, 1, 1, 0, project, {}, roundoff_), x_, roundoff_), roundoff_);
    }

    void partial_conv_only(int32_t partial) {
        const auto& conv = weights(partial * partial * 9, partial * 9);
        check(fn_model_add_partial_conv(model_, partial, Lent(conv)));
        x_ = partial_conv(x_, partial, conv, roundoff_);
    }

    void pointwise(int32_t channels, fn_activation activation, bool residual = false) {
        const auto& w = weights(channels * x_.c, x_.c);
        const auto& b = weights(channels, 1);
        check(fn_model_add_pointwise(model_, channels, activation, residual, Lent(w), Lent(b)));
        reference::Image y = activate(convolve(x_, channels, 1, 1, 0, w, b, roundoff_), activation, roundoff_);
        x_ = stored(residual ? sum(y, x_, roundoff_) : y, roundoff_);
    }

    void pool() {
        check(fn_model_add_pool(model_));
        x_ = stored(reference::pool(x_, roundoff_), roundoff_);
    }

    /** What is there before an output of channels last that is added to it, by the value's number. */
    static float held(int64_t nhwc) { return 0.25f * static_cast<float>(nhwc % 13); }

    void add_to_output(fn_layout layout) {
        check(fn_model_add_output(model_, layout, FN_ADD, nullptr, nullptr));
        reference::Image y = x_;
        for (int64_t i = 0; i < static_cast<int64_t>(y.values.size()); i++) {
            const int64_t pixels = y.h * y.w, image = i / pixels / y.c, channel = i / pixels % y.c;
            y.values[i] = add(y.values[i], {held((image * pixels + i % pixels) * y.c + channel)}, roundoff_);
        }
        outputs_.push_back(stored(y, roundoff_));
        layouts_.push_back(layout);
    }

    void output(fn_layout layout = FN_NCHW_F32, bool affine = false) {
        reference::Image y = x_;
        if (affine) {
            const auto& scale = weights(x_.c, 1);
            const auto& shift = weights(x_.c, 1);
            check(fn_model_add_output(model_, layout, FN_STORE, Lent(scale), Lent(shift)));
            for (int64_t i = 0; i < static_cast<int64_t>(y.values.size()); i++) {
                const int64_t c = i / (y.h * y.w) % y.c;
                reference::Sum sum(shift[c]);
                sum.add(scale[c], y.values[i], {});
                y.values[i] = sum.result({});
            }
        } else {
            check(fn_model_add_output(model_, layout, FN_STORE, nullptr, nullptr));
        }
        outputs_.push_back(y);
        layouts_.push_back(layout);
    }

    /** Makes the source whole numbers from 0 to 255. Before the first layer. */
    void round_source() {
        for (reference::Value& v : x_.values) v.value = std::floor(128 + 127 * v.value);
    }

    fn_model* finish() {
        check(fn_model_finish(model_));
        return model_;
    }

    /** Runs the finished model; guards behind every output are checked. */
    std::vector<std::vector<float>> run(int32_t threads, fn_layout layout = FN_NCHW_F32) const {
        const std::vector<float> src = pixels(layout);
        if (layout != FN_NHWC_U8) return run_on(src.data(), 0, threads, layout);
        const std::vector<uint8_t> bytes(src.begin(), src.end());
        return run_on(bytes.data(), 0, threads, layout);
    }

    std::vector<std::vector<float>> run_on(const void* src, int64_t row_bytes, int32_t threads, fn_layout layout,
                                           int runs = 1) const {
        fn_program* program = nullptr;
        check(fn_program_create(model_, layout, source_images(), height_, width_, threads, 20, &program));
        constexpr int guard = 64;
        constexpr float guard_value = -12345.5f;
        std::vector<std::vector<float>> results;
        std::vector<int64_t> dst;
        EXPECT_EQ(fn_program_output_count(program), static_cast<int32_t>(outputs_.size()));
        for (size_t i = 0; i < outputs_.size(); i++) {
            int64_t shape[4];
            check(fn_program_output_shape(program, static_cast<int32_t>(i), shape));
            EXPECT_EQ(std::vector<int64_t>(shape, shape + 4),
                      (std::vector<int64_t>{outputs_[i].n, outputs_[i].c, outputs_[i].h, outputs_[i].w}));
            results.emplace_back(outputs_[i].values.size() + guard, guard_value);
            dst.push_back(reinterpret_cast<int64_t>(results.back().data()));
        }
        for (int i = 0; i < runs; i++)
            check(fn_program_run(program, reinterpret_cast<int64_t>(src), row_bytes, reinterpret_cast<int64_t>(dst.data())));
        fn_program_destroy(program);
        for (auto& r : results) {
            for (int g = 0; g < guard; g++) EXPECT_EQ(r[r.size() - 1 - g], guard_value) << "written behind the output";
            r.resize(r.size() - guard);
        }
        return results;
    }

    /** Compares with the reference, to the bound of every value. */
    void expect_right(const std::vector<std::vector<float>>& results, const std::string& what) const {
        ASSERT_EQ(results.size(), outputs_.size());
        for (size_t i = 0; i < results.size(); i++) {
            const reference::Image& y = outputs_[i];
            int64_t wrong = 0, worst = -1;
            double worst_ratio = 1;
            for (int64_t j = 0; j < static_cast<int64_t>(y.values.size()); j++) {
                const double ratio =
                    std::abs(result_at(results[i], i, j) - y.values[j].value) / (y.values[j].bound + 1e-30);
                if (ratio <= 1) continue;
                wrong++;
                if (!(ratio <= worst_ratio)) worst = j, worst_ratio = ratio;
            }
            if (wrong == 0) continue;
            const int64_t x = worst % y.w, r = worst / y.w % y.h, c = worst / (y.w * y.h) % y.c,
                          n = worst / (y.w * y.h * y.c);
            ADD_FAILURE() << what << ": output " << i << ", " << wrong << " of " << y.values.size()
                          << " wrong, worst at image " << n << ", channel " << c << ", row " << r << ", column " << x
                          << ": " << result_at(results[i], i, worst) << ", expected " << y.values[worst].value << " +- "
                          << y.values[worst].bound;
        }
    }

    void check(fn_status status) const { ASSERT_EQ(status, FN_OK) << fn_last_error(); }

private:
    int64_t source_images() const {
        return static_cast<int64_t>(source_.size()) / (source_channels_ * height_ * width_);
    }

    void keep_source() {
        source_channels_ = x_.c;
        for (const reference::Value& v : x_.values) source_.push_back(static_cast<float>(v.value));
    }

    double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }

    /** Scaled so that results stay near 1. */
    const std::vector<float>& weights(int64_t count, int64_t fan_in) {
        std::vector<float> w(count);
        const double scale = 1.5 / std::sqrt(static_cast<double>(fan_in));
        for (float& v : w) v = static_cast<float>(uniform(-scale, scale));
        return weights_.emplace_back(std::move(w));
    }

    float result_at(const std::vector<float>& result, size_t output, int64_t nchw) const {
        const reference::Image& y = outputs_[output];
        if (layouts_[output] == FN_NCHW_F32) return result[nchw];
        const int64_t pixels = y.h * y.w, pixel = nchw % pixels, channel = nchw / pixels % y.c,
                      image = nchw / pixels / y.c;
        return result[(image * pixels + pixel) * y.c + channel];
    }

    const reference::Roundoff roundoff_;
    std::mt19937 random_;
    const int32_t height_, width_;
    int64_t source_channels_ = 0;
    std::vector<float> source_;
    reference::Image x_;
    fn_model* model_ = nullptr;
    std::deque<std::vector<float>> weights_;
    std::vector<reference::Image> outputs_;
    std::vector<fn_layout> layouts_;
};
