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

constexpr double F16_EPSILON = 1.0 / 2048, BF16_EPSILON = 1.0 / 256;

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

/** `matrices` of inputs x outputs, one behind the other, as [matrix][k16][n8] of them. */
template <class T> std::vector<T> pack_fragments(const std::vector<T>& matrices, int inputs, int outputs) {
    std::vector<T> packed;
    for (size_t at = 0; at < matrices.size(); at += inputs * outputs)
        for (int k = 0; k < inputs; k += 16)
            for (int n = 0; n < outputs; n += 8) pack_fragment(&matrices[at], inputs, outputs, k, n, packed);
    return packed;
}

/** A sum, and that of what is added up without signs. */
struct Sum {
    double value = 0, bound = 0;
    void add(double product) { value += product, bound += std::abs(product); }
};

/** Images of rows of channels, of which `slice` from `first` on are convolved 3x3 with as many outputs. */
struct Images {
    int height, width, row, first, slice;
};

/** An output of a pixel; weights are [tap][input][output]. */
template <class T> Sum convolved(const std::vector<T>& rows, const std::vector<T>& weights, const Images& images, int pixel, int output) {
    const int x = pixel % images.width, y = pixel / images.width % images.height, slice = images.slice;
    Sum sum;
    for (int tap = 0; tap < 9; tap++) {
        const int dy = tap / 3 - 1, dx = tap % 3 - 1;
        if (y + dy < 0 || y + dy >= images.height || x + dx < 0 || x + dx >= images.width) continue;
        const T* src = &rows[(pixel + dy * images.width + dx) * images.row + images.first];
        for (int i = 0; i < slice; i++)
            sum.add(static_cast<double>(widen(src[i])) * widen(weights[(tap * slice + i) * slice + output]));
    }
    return sum;
}
