#pragma once

#include "isa.h"
#include "kernel/elements.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

/** An ISA and a precision it has kernels for. */
struct Machine {
    int32_t isa;
    fn_precision precision;

    fn::Precision element() const { return static_cast<fn::Precision>(precision); }
    const fn::Kernels& kernels() const { return *fn::find_kernels(isa, element()); }
};

/** All that this CPU can run in the precisions that `wanted` takes. */
template <class Wanted>
std::vector<Machine> machines_of(const Wanted& wanted) {
    std::vector<Machine> list;
    for (int32_t isa = 0; isa < fn::isa_count; isa++) {
        if ((fn::isas[isa].required & ~fn_cpu_features()) != 0) continue;
        for (int32_t i = 0; i < fn::element_count; i++) {
            if (wanted(i) && fn::find_kernels(isa, static_cast<fn::Precision>(i))) list.push_back({isa, static_cast<fn_precision>(i)});
        }
    }
    return list;
}

/** Those whose sums are f32. */
inline std::vector<Machine> machines() {
    return machines_of([](int precision) { return precision != FN_INT8; });
}

inline std::vector<Machine> int8_machines() {
    return machines_of([](int precision) { return precision == FN_INT8; });
}

inline std::string machine_name(const testing::TestParamInfo<Machine>& info) {
    return std::string(fn::isas[info.param.isa].name) + "_" + fn::name_of(info.param.element());
}

inline void PrintTo(const Machine& m, std::ostream* out) {
    *out << fn::isas[m.isa].name << " " << fn::name_of(m.element());
}
