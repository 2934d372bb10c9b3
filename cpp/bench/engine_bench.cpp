// engine_bench VARIANT [ISA [PRECISION [THREADS [BATCH [ROWS]]]]]: times a whole network and each of its steps, beside the
// peak of a loop of multiply-adds on registers, measured in turn with it. VARIANT is t0 to l, ISA a name or "auto", PRECISION
// f32, bf16 or int8; ROWS is the height of tiles.
#include "engine/program.h"
#include "isa.h"
#include "measure/loops.h"
#include "variants.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/** Operations per second of one thread that does nothing but multiply-adds on registers for some hundred microseconds. */
double peak_flops(const fn::ComputeLoop& loop) {
    constexpr int64_t turns = 10000;
    double best = 0;
    for (int i = 0; i < 3; i++) {
        const Clock::time_point begin = Clock::now();
        loop.run(turns);
        best = std::max(best, static_cast<double>(turns * loop.operations) / seconds_since(begin));
    }
    return best;
}

std::vector<float> random_values(int64_t count, float scale) {
    static std::minstd_rand random(1);
    std::vector<float> values(count);
    for (float& v : values) v = (static_cast<float>(random()) / static_cast<float>(random.max()) * 2 - 1) * scale;
    return values;
}

/** Weights of a model's next matrix. In int8 whole numbers, and scales that keep results in the middle of 8 bits. */
fn::Weights weights(fn::Model& model, int64_t columns, int64_t depth, bool bias = true, bool gelu = false) {
    static std::vector<std::vector<float>> kept;
    if (model.precision() != fn::Precision::int8) {
        const float* values =
            kept.emplace_back(random_values(columns * depth, 1.5f / std::sqrt(static_cast<float>(depth)))).data();
        return {values, bias ? kept.emplace_back(random_values(columns, 0.1f)).data() : nullptr, nullptr};
    }
    std::vector<float>& values = kept.emplace_back(random_values(columns * depth, 127));
    for (float& v : values) v = std::nearbyint(v);
    const float scale = 0.01f / std::sqrt(static_cast<float>(depth));
    fn::Quantization quantization{std::vector<int32_t>(columns), std::vector<float>(columns, scale), {}, 1, 128};
    for (int i = 0; gelu && i < 256; i++) quantization.table.push_back(static_cast<uint8_t>(std::max(i, 128)));
    model.quantize(std::move(quantization));
    return {values.data(), nullptr, model.pending(model.pending() - 1)};
}

std::shared_ptr<fn::Model> build(const Variant& variant, int32_t isa, fn::Precision precision) {
    auto model = std::make_shared<fn::Model>(isa, precision, *fn::find_kernels(isa, precision), 1);
    fn::Model& m = *model;
    const bool gelu = variant.activation == fn::Activation::gelu;
    int32_t channels = variant.channels;
    m.add(fn::PixelConv{fn::PixelLayout::nchw_f32, 3, channels, 4, {50, 128}, weights(m, channels, 48), {}});
    for (int stage = 0; stage < 4; stage++) {
        if (stage > 0) {
            m.add(fn::PatchConv{channels, 2 * channels, 2, weights(m, 2 * channels, 4 * channels), {}});
            channels *= 2;
        }
        for (int i = 0; i < variant.depths[stage]; i++) {
            const int32_t partial = channels / 4, hidden = 2 * channels;
            m.add(fn::Block{channels,
                                 partial,
                                 hidden,
                                 variant.activation,
                                 weights(m, partial, partial * 9, false),
                                 weights(m, hidden, channels, true, gelu),
                                 weights(m, channels, hidden, false),
                                 {},
                                 {},
                                 {}});
        }
    }
    if (precision == fn::Precision::int8) m.quantize({std::vector<int32_t>(channels), std::vector<float>(channels, 0.5f), {}, 0, 0});
    m.add(fn::Pool{channels, m.pending(0)});
    m.add(fn::Pointwise{channels, 1280, variant.activation, false, weights(m, 1280, channels, true, gelu), {}});
    m.add(fn::Pointwise{1280, 1000, fn::Activation::none, false, weights(m, 1000, 1280), {}});
    m.add(fn::Output{1000, fn::PixelLayout::nchw_f32, fn::Write::store, {}, {}});
    m.finish();
    return model;
}

/** Steps of one kind and size, as a line of the table. */
struct Line {
    int64_t order, count, multiply_adds;
    double ns;
};

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, const char* otherwise) { return argc > i ? argv[i] : otherwise; };
    const Variant* variant = find_variant(argument(1, ""));
    int32_t isa = 0;
    const char* isa_name = argument(2, "auto");
    if (!variant || fn_isa_select(std::strcmp(isa_name, "auto") == 0 ? nullptr : isa_name, &isa) != FN_OK) {
        std::fprintf(stderr, "usage: engine_bench t0|t1|t2|s|m|l [ISA [f32|bf16|int8 [THREADS [BATCH [ROWS]]]]] %s\n",
                     fn_last_error());
        return 2;
    }
    int number = fn::element_count - 1;
    while (number > 0 && std::strcmp(argument(3, "f32"), fn::element_names[number]) != 0) number--;
    const fn::Precision precision = static_cast<fn::Precision>(number);
    if (!fn::find_kernels(isa, precision)) {
        std::fprintf(stderr, "ISA %s has no %s kernels\n", fn::isas[isa].name, argument(3, "f32"));
        return 1;
    }
    const int32_t type = number;  // fn_measure_type counts alike
    const fn::ComputeLoop* loop = nullptr;
    // Without an instruction for it, int8 is beside the peak of f32.
    if (fn::find_compute_loop(isa, type, &loop) != FN_OK && fn::find_compute_loop(isa, FN_MEASURE_F32, &loop) != FN_OK) {
        std::fprintf(stderr, "%s\n", fn_last_error());
        return 1;
    }
    fn::ProgramOptions options{
        fn::PixelLayout::nchw_f32, std::atoi(argument(5, "1")), 224, 224, std::atoi(argument(4, "1")), 200000};
    options.max_rows = std::atoi(argument(6, "112"));
    if (fn::require_workers(options.threads) != FN_OK) {
        std::fprintf(stderr, "%s\n", fn_last_error());
        return 1;
    }
    fn::Program program(build(*variant, isa, precision), options);
    program.profile(true);

    const std::vector<float> src = random_values(options.images * 3 * 224 * 224, 1);
    std::vector<float> logits(options.images * 1000);
    const int64_t dst[] = {reinterpret_cast<int64_t>(logits.data())};
    const int64_t parts = options.images / program.images_at_once();
    int64_t multiply_adds = 0;
    for (const auto& step : program.steps()) multiply_adds += step->multiply_adds * parts;

    std::vector<double> times, shares;
    std::vector<double> peaks;
    std::vector<int64_t> step_ns(program.steps().size(), INT64_MAX);
    const int rounds = static_cast<int>(std::clamp<int64_t>(300'000'000'000 / multiply_adds, 20, 400));
    for (int i = 0; i < rounds; i++) {
        const double peak = peak_flops(*loop);
        const Clock::time_point begin = Clock::now();
        program.run(src.data(), program.dense_row_bytes(), dst);
        const double seconds = seconds_since(begin);
        if (i < 3) continue;
        times.push_back(seconds);
        peaks.push_back(peak);
        shares.push_back(2e0 * static_cast<double>(multiply_adds) / seconds / peak / options.threads);
        for (size_t s = 0; s < step_ns.size(); s++) step_ns[s] = std::min(step_ns[s], program.step_times()[0].whole[s]);
    }
    std::sort(times.begin(), times.end());
    std::sort(shares.begin(), shares.end());
    std::sort(peaks.begin(), peaks.end());
    // Not the highest: a clock that is set while it is read makes outliers.
    const double peak = peaks[peaks.size() * 9 / 10];
    const double flops = 2 * static_cast<double>(multiply_adds);
    const double median = times[times.size() / 2];
    double fastest_ns = 0;
    for (int64_t ns : step_ns) fastest_ns += static_cast<double>(ns);
    std::printf("%s %s %s, %d threads, batch %lld: median %.3f ms, min %.3f ms, %.1f GFLOP/s, %.1f %% of peak\n",
                variant->name, fn::isas[isa].name, argument(3, "f32"), options.threads,
                static_cast<long long>(options.images), median * 1e3, times[0] * 1e3, flops / median / 1e9,
                shares[shares.size() / 2] * 100);
    if (options.threads > 1) return 0;  // a step may be over before this thread has come to it: its times say nothing
    std::printf("  fastest of each step: %.3f ms, %.1f %% of the peak, %.1f GFLOP/s\n", fastest_ns / 1e6,
                flops / fastest_ns * 1e9 / peak * 100, peak / 1e9);

    std::map<std::string, Line> lines;
    for (size_t s = 0; s < step_ns.size(); s++) {
        const fn::Step& step = *program.steps()[s];
        Line& line = lines
                         .try_emplace(step.name + " " + std::to_string(step.shape[1]) + " x " +
                                          std::to_string(step.shape[2]) + " x " + std::to_string(step.shape[3]),
                                      Line{static_cast<int64_t>(s), 0, 0, 0})
                         .first->second;
        line.count++;
        line.multiply_adds += step.multiply_adds * parts;
        line.ns += static_cast<double>(step_ns[s]);
    }
    std::vector<std::pair<std::string, Line>> sorted(lines.begin(), lines.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    for (const auto& [name, line] : sorted) {
        std::printf("  %-44s x%-3lld %9.1f us  %6.1f GFLOP/s\n", name.c_str(), static_cast<long long>(line.count),
                    line.ns / 1e3, 2 * static_cast<double>(line.multiply_adds) / line.ns);
    }
}
