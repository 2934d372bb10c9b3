#pragma once

#include "isa.h"
#include "kernel/kernels.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

/** An ISA and a precision it has kernels for. */
struct Machine {
    int32_t isa;
    fn_precision precision;

    const fn::Kernels& kernels() const { return *fn::find_kernels(isa, static_cast<fn::Precision>(precision)); }
};

/** All that this CPU can run. */
inline std::vector<Machine> machines() {
    std::vector<Machine> list;
    for (int32_t isa = 0; isa < fn::isa_count; isa++) {
        if ((fn::isas[isa].required & ~fn_cpu_features()) != 0) continue;
        for (fn_precision precision : {FN_F32, FN_BF16}) {
            if (fn::find_kernels(isa, static_cast<fn::Precision>(precision))) list.push_back({isa, precision});
        }
    }
    return list;
}

inline std::string machine_name(const testing::TestParamInfo<Machine>& info) {
    return std::string(fn::isas[info.param.isa].name) + (info.param.precision == FN_F32 ? "_f32" : "_bf16");
}

inline void PrintTo(const Machine& m, std::ostream* out) {
    *out << fn::isas[m.isa].name << (m.precision == FN_F32 ? " f32" : " bf16");
}
