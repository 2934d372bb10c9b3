#pragma once

#include "kernel/kernels.h"

#include <cstring>

/** The paper's networks: 4 stages, hidden = 2 x channels, a quarter of the channels touched. */
struct Variant {
    const char* name;
    int32_t channels;
    int32_t depths[4];
    fn::Activation activation;
};

constexpr Variant variants[] = {
    {"t0", 40, {1, 2, 8, 2}, fn::Activation::gelu},  {"t1", 64, {1, 2, 8, 2}, fn::Activation::gelu},
    {"t2", 96, {1, 2, 8, 2}, fn::Activation::relu},  {"s", 128, {1, 2, 13, 2}, fn::Activation::relu},
    {"m", 144, {3, 4, 18, 3}, fn::Activation::relu}, {"l", 192, {3, 4, 18, 3}, fn::Activation::relu},
};

inline const Variant* find_variant(const char* name) {
    for (const Variant& v : variants) {
        if (std::strcmp(v.name, name) == 0) return &v;
    }
    return nullptr;
}
