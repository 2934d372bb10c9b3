#include "elements.h"
#include "isa.h"

#define FN_DECLARE_KERNELS(name, type, layout) extern const fn::Kernels* const kernels_##name;
#define FN_KERNELS_CELL(name, type, layout) kernels_##name,
#define FN_KERNELS_ROW(name, required)                                                                                       \
    namespace fn_##name {                                                                                                    \
        FN_FOR_EACH_ELEMENT(FN_DECLARE_KERNELS)                                                                              \
        static const fn::Kernels* kernels(fn::Precision precision) {                                                         \
            const fn::Kernels* const row[] = {FN_FOR_EACH_ELEMENT(FN_KERNELS_CELL)};                                         \
            return row[static_cast<int>(precision)];                                                                         \
        }                                                                                                                    \
    }
FN_FOR_EACH_ISA(FN_KERNELS_ROW)
#undef FN_DECLARE_KERNELS
#undef FN_KERNELS_CELL
#undef FN_KERNELS_ROW

namespace fn {

const Kernels* find_kernels(int32_t isa, Precision precision) {
#define FN_KERNELS_ROW(name, required) fn_##name::kernels,
    using Row = const Kernels* (*)(Precision);
    const Row rows[isa_count] = {FN_FOR_EACH_ISA(FN_KERNELS_ROW)};
#undef FN_KERNELS_ROW
    return rows[isa](precision);
}

}  // namespace fn
