#include "measure/loops.h"

#include "cpu_features.h"
#include "isa.h"
#include "status.h"

#include <string>

#define FN_DECLARE_LOOPS(name, required)                                 \
    namespace fn_##name {                                                \
        extern const fn::ComputeLoop compute_loops[fn::measure_types];   \
        extern const fn::MemoryLoop memory_loops[fn::measure_kinds];     \
    }
FN_FOR_EACH_ISA(FN_DECLARE_LOOPS)
#undef FN_DECLARE_LOOPS

namespace fn {

namespace {

fn_status check_isa(int32_t isa) {
    if (isa < 0 || isa >= isa_count) {
        return fail(FN_INVALID_ARGUMENT, "there is no ISA %d, expected 0 to %d", isa, isa_count - 1);
    }
    if ((isas[isa].required & ~cpu_features()) != 0) {
        return fail(FN_UNSUPPORTED, "this CPU cannot run ISA %s", isas[isa].name);
    }
    return FN_OK;
}

std::string feature_names(uint64_t features) {
    std::string list;
    for (int bit = 0; bit < 64; bit++) {
        if (features >> bit & 1) list += (list.empty() ? "" : ", ") + std::string(cpu_feature_name(bit));
    }
    return list;
}

}  // namespace

fn_status find_compute_loop(int32_t isa, int32_t type, const ComputeLoop** loop) {
#define FN_COMPUTE_ROW(name, required) fn_##name::compute_loops,
    const ComputeLoop* const table[isa_count] = {FN_FOR_EACH_ISA(FN_COMPUTE_ROW)};
#undef FN_COMPUTE_ROW
    if (type < 0 || type >= measure_types) {
        return fail(FN_INVALID_ARGUMENT, "there is no type %d to measure, expected 0 to %d", type, measure_types - 1);
    }
    if (fn_status status = check_isa(isa)) return status;
    const ComputeLoop& found = table[isa][type];
    if (!found.instruction) {
        return fail(FN_UNSUPPORTED, "ISA %s has no instruction that multiplies and adds %s", isas[isa].name, type_names[type]);
    }
    if (const uint64_t missing = found.required & ~cpu_features()) {
        return fail(FN_UNSUPPORTED, "this CPU has no %s: %s of ISA %s needs %s", found.instruction, type_names[type],
                    isas[isa].name, feature_names(missing).c_str());
    }
    *loop = &found;
    return FN_OK;
}

fn_status find_memory_loop(int32_t isa, int32_t kind, const MemoryLoop** loop) {
#define FN_MEMORY_ROW(name, required) fn_##name::memory_loops,
    const MemoryLoop* const table[isa_count] = {FN_FOR_EACH_ISA(FN_MEMORY_ROW)};
#undef FN_MEMORY_ROW
    if (kind < 0 || kind >= measure_kinds) {
        return fail(FN_INVALID_ARGUMENT, "there is no kind %d of memory access to measure, expected 0 to %d", kind,
                    measure_kinds - 1);
    }
    if (fn_status status = check_isa(isa)) return status;
    *loop = &table[isa][kind];
    return FN_OK;
}

}  // namespace fn
