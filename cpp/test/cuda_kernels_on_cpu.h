#pragma once
// The kernels of the folder cuda, compiled for the CPU from their own source, with what a GPU has instructions for.
#include "cuda_on_cpu.h"

struct F16 { unsigned short bits; };
struct BF16 { unsigned short bits; };
#ifdef __aarch64__
using Half = __fp16;
#else
using Half = _Float16;
#endif
inline float widen(F16 v) { Half h; std::memcpy(&h, &v.bits, 2); return static_cast<float>(h); }
inline void narrow(float v, F16& dst) { const Half h = static_cast<Half>(v); std::memcpy(&dst.bits, &h, 2); }
float widen(BF16 v);

template <class T> float half_of(unsigned word, int which) { return widen(T{static_cast<unsigned short>(word >> 16 * which)}); }

/** mma.m16n8k16 by its definition, from fragments that each thread of the warp lays down. */
template <class T> void multiply(float (&d)[4], const unsigned (&a)[4], uint2 b, T) {
    Warp& warp = *warps[threadIdx.x / 32];
    const unsigned lane = threadIdx.x % 32;
    std::copy(a, a + 4, warp.a[lane]);
    warp.b[lane] = b;
    warp.barrier.wait();
    for (int i = 0; i < 4; i++) {
        const unsigned m = lane / 4 + i / 2 * 8, n = lane % 4 * 2 + i % 2;
        for (unsigned k = 0; k < 16; k++) {
            const unsigned from = m % 8 * 4 + k % 8 / 2, of_b = n * 4 + k % 8 / 2;
            const unsigned word_b = k < 8 ? warp.b[of_b].x : warp.b[of_b].y;
            d[i] += half_of<T>(warp.a[from][m / 8 + k / 8 * 2], k % 2) * half_of<T>(word_b, k % 2);
        }
    }
    warp.barrier.wait();
}

#include "cuda/dense.cu"
#include "cuda/embed.cu"
#include "cuda/kernels.cu"
#include "cuda/mlp.cu"

inline float4 load_vector(i64 at) { return *reinterpret_cast<const float4*>(at); }
inline void store_vector(i64 at, float4 v) { *reinterpret_cast<float4*>(at) = v; }
inline float multiply_add(float a, float b, float c) { return a * b + c; }

#include "cuda/peaks.cu"
