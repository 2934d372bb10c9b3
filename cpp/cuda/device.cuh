// What the kernels of this folder have in common: 16-bit numbers, matrix instructions, loads that arrive by themselves. Compiled at
// run time by NVRTC, without any header but this one.
#pragma once

using i64 = long long;

// 16 bytes, and the numbers in them.
template <class T> union Vector16 {
    uint4 words;
    T values[16 / sizeof(T)];
};

// A view's address, and elements from one index to the next.
struct Strided { i64 data, n, c, h, w; };

// What a CPU does otherwise: the test that runs the kernels there brings its own.
#ifndef FASTERNET_KERNELS_ON_CPU
struct F16 { unsigned short bits; };
struct BF16 { unsigned short bits; };

__device__ inline float widen(F16 v) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(v.bits));
    return f;
}
__device__ inline void narrow(float v, F16& dst) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(dst.bits) : "f"(v)); }

__device__ inline unsigned char* dynamic_shared_memory() {
    extern __shared__ __align__(16) unsigned char memory[];
    return memory;
}

// For launches that begin before the kernel before has ended: programmatic dependent launch, CUDA Programming Guide. Every thread comes
// here first of all: only what no kernel writes may be read before, and nothing may be written. The kernel after this one may begin then.
// Otherwise launched, it waits for nothing.
__device__ inline void wait_for_kernel_before() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

#if __CUDA_ARCH__ >= 800
// d += a b, 16x8x16: PTX ISA, "Matrix fragments for mma.m16n8k16".
__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], uint2 b, F16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}
__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], uint2 b, BF16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

// 16 bytes to shared memory, which arrive by themselves: all loads of a stage are under way at once. Zeros unless `valid`.
__device__ inline void load16(unsigned char* shared, const void* global, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
        :: "r"(static_cast<unsigned>(__cvta_generic_to_shared(shared))), "l"(global), "r"(valid ? 16 : 0) : "memory");
}
__device__ inline void end_stage() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Until no more than LATER stages are under way.
template <int LATER> __device__ inline void wait_for_stage() { asm volatile("cp.async.wait_group %0;" :: "n"(LATER) : "memory"); }
#else
__device__ inline void load16(unsigned char* shared, const void* global, bool valid) {
    *reinterpret_cast<uint4*>(shared) = valid ? *static_cast<const uint4*>(global) : uint4{0, 0, 0, 0};
}
__device__ inline void end_stage() {}
template <int LATER> __device__ inline void wait_for_stage() {}
#endif
#endif

__device__ inline float widen(float v) { return v; }
__device__ inline float widen(unsigned char v) { return v; }
__device__ inline float widen(BF16 v) { return __uint_as_float(static_cast<unsigned>(v.bits) << 16); }
__device__ inline void narrow(float v, float& dst) { dst = v; }
__device__ inline void narrow(float v, BF16& dst) {
    // Round to nearest even; NaN stays NaN. By integers, since cvt.rn.bf16 needs sm_80.
    unsigned u = __float_as_uint(v);
    dst.bits = v != v ? 0x7fff : (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

__device__ inline float relu(float v) { return v < 0 ? 0 : v; }

// 0: none, 1: ReLU, 2: GELU, all to the last bits of f32.
__device__ inline float activate(float v, i64 activation) {
    return activation == 1 ? relu(v) : activation == 2 ? 0.5f * v * (1 + erff(v * 0.70710678118654752f)) : v;
}

// Begins to load all of a block's bytes, each thread some.
template <int THREADS> __device__ inline void load_all(unsigned char* shared, const unsigned char* global, int bytes) {
#pragma unroll 1
    for (int i = 16 * threadIdx.x; i < bytes; i += 16 * THREADS) load16(shared + i, global + i, true);
}

#if __CUDA_ARCH__ >= 800 || defined(FASTERNET_KERNELS_ON_CPU)
constexpr int FRAGMENT = 256;   // bytes of a B of a product, 16x8
constexpr int SKEW = 16;        // bytes after a pixel of an even number of 16 bytes, which make it odd: no bank conflicts

// A of a product.
struct Pixels { unsigned words[4]; };

// 16 pixels from `pixel` on in rows of `row_bytes`, 16 channels.
__device__ inline Pixels load_pixels(const unsigned char* pixel, int row_bytes, int k16) {
    const unsigned char* at = pixel + threadIdx.x % 32 / 4 * row_bytes + threadIdx.x % 4 * 4 + 32 * k16;
    return {*reinterpret_cast<const unsigned*>(at), *reinterpret_cast<const unsigned*>(at + 8 * row_bytes),
            *reinterpret_cast<const unsigned*>(at + 16), *reinterpret_cast<const unsigned*>(at + 8 * row_bytes + 16)};
}

__device__ inline uint2 load_weights(const unsigned char* fragment) {
    return *reinterpret_cast<const uint2*>(fragment + threadIdx.x % 32 * 8);
}

// Two neighbours' values as one word.
template <class T> __device__ inline unsigned pack(float first, float second) {
    union { T both[2]; unsigned word; } pair;
    narrow(first, pair.both[0]), narrow(second, pair.both[1]);
    return pair.word;
}
#endif
