// What a GPU can do at most: the loops of the benchmark `peak`. Compiled by NVRTC without any header; each kernel takes one
// structure of 64-bit fields, as those of kernels.cu.

using i64 = long long;

// What a CPU does otherwise: the test that runs this file there brings its own.
#ifndef FASTERNET_KERNELS_ON_CPU
// Past the first level of cache, which would hold a multiprocessor's part of what only the second level shall hold.
__device__ inline float4 load_vector(i64 at) {
    float4 v;
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(at));
    return v;
}
__device__ inline void store_vector(i64 at, float4 v) {
    asm volatile("st.global.cg.v4.f32 [%0], {%1, %2, %3, %4};" :: "l"(at), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w) : "memory");
}
__device__ inline float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
#endif

enum { READ, WRITE, COPY, TRIAD };

struct PassArguments {
    i64 a, b, c;    // arrays of f32; those that a pass has no need of are 0
    i64 vectors;    // of 16 bytes in each
    i64 passes;
};

// Loads of a thread that are under way together.
constexpr int UNROLLED = 4;

// READ: the sum of a. WRITE: a = s. COPY: a = b. TRIAD: a = b + s * c. Any grid.
template <int KERNEL> __device__ void pass(const PassArguments& p) {
    const i64 step = static_cast<i64>(gridDim.x) * blockDim.x, first = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
    const float4 zero = {0, 0, 0, 0}, s = {3, 3, 3, 3};
    float4 sum = zero;
    for (i64 n = 0; n < p.passes; n++) {
        for (i64 i = first; i < p.vectors; i += UNROLLED * step) {
            float4 v[UNROLLED], c[UNROLLED];
#pragma unroll
            for (int u = 0; u < UNROLLED; u++) {
                const i64 at = i + u * step;
                const bool valid = at < p.vectors;
                v[u] = KERNEL == WRITE ? s : valid ? load_vector((KERNEL == READ ? p.a : p.b) + 16 * at) : zero;
                c[u] = KERNEL == TRIAD && valid ? load_vector(p.c + 16 * at) : zero;
            }
#pragma unroll
            for (int u = 0; u < UNROLLED; u++) {
                const i64 at = i + u * step;
                if (KERNEL == READ) {
                    sum.x += v[u].x, sum.y += v[u].y, sum.z += v[u].z, sum.w += v[u].w;
                } else if (at < p.vectors) {
                    const float4 result = KERNEL != TRIAD ? v[u]
                        : float4{v[u].x + 3 * c[u].x, v[u].y + 3 * c[u].y, v[u].z + 3 * c[u].z, v[u].w + 3 * c[u].w};
                    store_vector(p.a + 16 * at, result);
                }
            }
        }
    }
    // Of zeros the sum is 0: what is never stored has to be computed all the same.
    if (KERNEL == READ && sum.x + sum.y + sum.z + sum.w != 0) store_vector(p.a, sum);
}

extern "C" __global__ void pass_read(const PassArguments p) { pass<READ>(p); }
extern "C" __global__ void pass_write(const PassArguments p) { pass<WRITE>(p); }
extern "C" __global__ void pass_copy(const PassArguments p) { pass<COPY>(p); }
extern "C" __global__ void pass_triad(const PassArguments p) { pass<TRIAD>(p); }

struct MultiplyAddArguments {
    i64 dst;    // a float for each thread
    i64 steps;
};

// Sums that do not wait for each other, and multiply-adds of each in a step.
constexpr int SUMS = 8, REPEATED = 16;

// On registers, f32. Any grid.
extern "C" __global__ void multiply_adds_f32(const MultiplyAddArguments p) {
    float sum[SUMS];
#pragma unroll
    for (int i = 0; i < SUMS; i++) sum[i] = threadIdx.x + i;
    // Between -1 and 0, unknown to the compiler: sums change sign and stay small.
    const float factor = 1 / (1 + REPEATED * static_cast<float>(p.steps)) - 1, term = threadIdx.x;
    for (i64 step = 0; step < p.steps; step++)
#pragma unroll
        for (int repeat = 0; repeat < REPEATED; repeat++)
#pragma unroll
            for (int i = 0; i < SUMS; i++) sum[i] = multiply_add(sum[i], factor, term);
    float all = 0;
#pragma unroll
    for (int i = 0; i < SUMS; i++) all += sum[i];
    reinterpret_cast<float*>(p.dst)[static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x] = all;
}
