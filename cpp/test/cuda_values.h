#pragma once
// What the tests of CUDA kernels on the CPU give them.
#include <random>

#include "cuda_kernels_on_cpu.h"

template <class T> std::vector<T> random_values(size_t count, unsigned seed, float bound = 1) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> values(-bound, bound);
    std::vector<T> result(count);
    for (T& value : result) narrow(values(random), value);
    return result;
}

template <class T> i64 address(const std::vector<T>& memory) { return reinterpret_cast<i64>(memory.data()); }

/** 0: none, 1: ReLU, 2: GELU. */
inline double activated(double v, int activation) {
    return activation == 0 ? v : activation == 1 ? std::max(v, 0.0) : 0.5 * v * (1 + std::erf(v / std::sqrt(2.0)));
}

/**
 * Appends the B fragment of mma.m16n8k16 at (k, n) of a matrix of inputs x outputs from `matrix` on: PTX ISA, "Matrix fragments for
 * mma.m16n8k16". Missing inputs are zero.
 */
template <class T> void pack_fragment(const T* matrix, int inputs, int outputs, int k, int n, std::vector<T>& packed) {
    for (int lane = 0; lane < 32; lane++)
        for (int j = 0; j < 4; j++) {
            const int input = k + lane % 4 * 2 + j % 2 + j / 2 * 8;
            packed.push_back(input < inputs ? matrix[input * outputs + n + lane / 4] : T{0});
        }
}
