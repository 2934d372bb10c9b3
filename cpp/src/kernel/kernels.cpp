#include "kernels.h"

#include "isa.h"

#define FN_DECLARE_KERNELS(name, required)            \
    namespace fn_##name {                             \
        extern const fn::Kernels kernels_f32;         \
        extern const fn::Kernels* const kernels_bf16; \
    }
FN_FOR_EACH_ISA(FN_DECLARE_KERNELS)
#undef FN_DECLARE_KERNELS

namespace fn {

const Kernels* find_kernels(int32_t isa, Precision precision) {
#define FN_KERNELS_ROW(name, required) {&fn_##name::kernels_f32, fn_##name::kernels_bf16},
    const Kernels* const table[isa_count][2] = {FN_FOR_EACH_ISA(FN_KERNELS_ROW)};
#undef FN_KERNELS_ROW
    return table[isa][static_cast<int>(precision)];
}

}  // namespace fn
