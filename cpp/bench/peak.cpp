#include "peak.h"

#include "isa.h"

#include <algorithm>
#include <chrono>

#define FN_DECLARE_PEAK(name, required)       \
    namespace fn_##name {                     \
        extern const int64_t peak_operations; \
        void peak_loop_f32(int64_t turns);    \
        void peak_loop_bf16(int64_t turns);   \
    }
FN_FOR_EACH_ISA(FN_DECLARE_PEAK)
#undef FN_DECLARE_PEAK

double peak_flops(int32_t isa, fn::Precision precision) {
    struct Loop {
        int64_t operations;
        void (*run[2])(int64_t);
    };
#define FN_PEAK_ROW(name, required) {fn_##name::peak_operations, {fn_##name::peak_loop_f32, fn_##name::peak_loop_bf16}},
    const Loop loops[] = {FN_FOR_EACH_ISA(FN_PEAK_ROW)};
#undef FN_PEAK_ROW
    const Loop& loop = loops[isa];
    const bool bf16 = precision == fn::Precision::bf16;
    constexpr int64_t turns = 10000;
    double best = 0;
    for (int i = 0; i < 3; i++) {
        const auto begin = std::chrono::steady_clock::now();
        loop.run[bf16](turns);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        best = std::max(best, static_cast<double>(turns * loop.operations * (bf16 ? 4 : 1)) / seconds);
    }
    return best;
}
