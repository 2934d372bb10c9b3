// The few CUDA kernels of the back end cudnn: what cuDNN has no kernel for (conversion at the edges, mean pooling), and the
// partial 3x3 convolution, which it turns into up to three kernels where the channels are a slice. Compiled at run time by
// NVRTC, without any header. Each kernel takes one structure of 64-bit fields, which Java writes as an array of longs.

using i64 = long long;

struct F16 { unsigned short bits; };
struct BF16 { unsigned short bits; };

__device__ inline float widen(float v) { return v; }
__device__ inline float widen(unsigned char v) { return v; }
__device__ inline float widen(BF16 v) { return __uint_as_float(static_cast<unsigned>(v.bits) << 16); }
__device__ inline float widen(F16 v) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(v.bits));
    return f;
}

__device__ inline void narrow(float v, float& dst) { dst = v; }
__device__ inline void narrow(float v, F16& dst) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(dst.bits) : "f"(v)); }
__device__ inline void narrow(float v, BF16& dst) {
    // Round to nearest even; NaN stays NaN. By integers, since cvt.rn.bf16 needs sm_80.
    unsigned u = __float_as_uint(v);
    dst.bits = v != v ? 0x7fff : (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

// A view's address, and elements from one index to the next.
struct Strided { i64 data, n, c, h, w; };

struct CopyArguments {
    Strided src, dst;
    i64 batch, channels, height, width;
    i64 dst_channels;   // from `channels` on they become zero
    i64 planes;         // 1 if dst is NCHW: threads that are neighbours write neighbours
    i64 scale, shift;   // f32 per channel, or 0
};

template <class S, class D> __device__ void copy(const CopyArguments& a) {
    i64 total = a.batch * a.dst_channels * a.height * a.width;
    for (i64 i = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; i < total; i += static_cast<i64>(gridDim.x) * blockDim.x) {
        i64 c, h, w, rest = i;
        if (a.planes) {
            w = rest % a.width, rest /= a.width;
            h = rest % a.height, rest /= a.height;
            c = rest % a.dst_channels, rest /= a.dst_channels;
        } else {
            c = rest % a.dst_channels, rest /= a.dst_channels;
            w = rest % a.width, rest /= a.width;
            h = rest % a.height, rest /= a.height;
        }
        float value = 0;
        if (c < a.channels) {
            value = widen(reinterpret_cast<const S*>(a.src.data)[rest * a.src.n + c * a.src.c + h * a.src.h + w * a.src.w]);
            if (a.scale) value = value * reinterpret_cast<const float*>(a.scale)[c] + reinterpret_cast<const float*>(a.shift)[c];
        }
        narrow(value, reinterpret_cast<D*>(a.dst.data)[rest * a.dst.n + c * a.dst.c + h * a.dst.h + w * a.dst.w]);
    }
}

struct PatchArguments {
    Strided src;
    i64 dst;            // dense, batch x height x width x row
    i64 batch, channels, height, width, size, row;
};

// One thread an element of dst; channel (c * size + y) * size + x of a patch's pixel, the order of a convolution's weights.
template <class S, class D> __device__ void patches(const PatchArguments& a) {
    i64 pixels = a.batch * a.height * a.width;
    int row = a.row, size = a.size, taps = size * size, values = a.channels * taps;
    for (i64 i = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; i < pixels * row; i += static_cast<i64>(gridDim.x) * blockDim.x) {
        i64 pixel = i / row;
        int j = i - pixel * row;
        float value = 0;
        if (j < values) {
            int c = j / taps, y = j % taps / size, x = j % size;
            i64 line = pixel / a.width, w = pixel - line * a.width, n = line / a.height, h = line - n * a.height;
            value = widen(reinterpret_cast<const S*>(a.src.data)[n * a.src.n + c * a.src.c + (h * size + y) * a.src.h + (w * size + x) * a.src.w]);
        }
        narrow(value, reinterpret_cast<D*>(a.dst)[i]);
    }
}

struct MeanArguments {
    Strided src;
    i64 dst;            // dense, batch x channels
    i64 channels, height, width;
};

// Blocks of 32 channels by 8 threads, which share the pixels; grid channels / 32 x batch.
template <class T> __device__ void mean(const MeanArguments& a) {
    __shared__ float sums[8][32];
    int c = blockIdx.x * 32 + threadIdx.x % 32, part = threadIdx.x / 32, pixels = a.height * a.width, width = a.width;
    float sum = 0;
    if (c < a.channels) {
        const T* src = reinterpret_cast<const T*>(a.src.data) + blockIdx.y * a.src.n + c * a.src.c;
        for (int i = part; i < pixels; i += 8) sum += widen(src[i / width * a.src.h + i % width * a.src.w]);
    }
    sums[part][threadIdx.x % 32] = sum;
    __syncthreads();
    if (part == 0 && c < a.channels) {
        for (int i = 1; i < 8; i++) sum += sums[i][threadIdx.x];
        narrow(sum / pixels, reinterpret_cast<T*>(a.dst)[blockIdx.y * a.channels + c]);
    }
}

#define COPY(S, s, D, d) \
    extern "C" __global__ void copy_##s##_##d(const CopyArguments a) { copy<S, D>(a); } \
    extern "C" __global__ void patches_##s##_##d(const PatchArguments a) { patches<S, D>(a); }
COPY(float, f32, float, f32)
COPY(float, f32, F16, f16)
COPY(float, f32, BF16, bf16)
COPY(unsigned char, u8, float, f32)
COPY(unsigned char, u8, F16, f16)
COPY(unsigned char, u8, BF16, bf16)
COPY(F16, f16, float, f32)
COPY(F16, f16, F16, f16)
COPY(BF16, bf16, float, f32)
COPY(BF16, bf16, BF16, bf16)
extern "C" __global__ void mean_f32(const MeanArguments a) { mean<float>(a); }
extern "C" __global__ void mean_f16(const MeanArguments a) { mean<F16>(a); }
extern "C" __global__ void mean_bf16(const MeanArguments a) { mean<BF16>(a); }

#if __CUDA_ARCH__ >= 800
// Partial convolution: 3x3, stride 1, padding 1, P channels to P, each a slice of a pixel's row; P is a multiple of 8.

struct PartialArguments {
    i64 src, dst, weights;  // weights: [tap][k16][n8][lane] of 4 values, as mma.m16n8k16 wants its B
    i64 batch, height, width, row, channels;
};

constexpr int TILE = 8;                          // 8x8 pixels a block: four warps of 16
constexpr int HALO = TILE + 2;
constexpr int CHUNK = 64;                        // input channels in shared memory at a time
constexpr int PIXEL = CHUNK + 8;                 // 36 words from pixel to pixel: a fragment's loads hit 32 banks
constexpr int GROUPS = 3;                        // a row of taps each, so that a small image's sums are a third as long

__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], uint2 b, F16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}
__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], uint2 b, BF16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

// Grid: batch x tiles, P / (8 N). Threads: 4 warps for pixels x GROUPS.
template <class T, int N> __device__ void partial(const PartialArguments& a) {
    __shared__ __align__(16) unsigned short halo[HALO * HALO * PIXEL];
    __shared__ float sums[(GROUPS - 1) * 4 * N * 4 * 32];
    const int height = a.height, width = a.width, channels = a.channels;
    const i64 row = a.row;
    const int across = (width + TILE - 1) / TILE, down = (height + TILE - 1) / TILE;
    const int image = blockIdx.x / (across * down), tile = blockIdx.x % (across * down);
    const int top = tile / across * TILE, left = tile % across * TILE;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, pixels = warp % 4, group = warp / 4;
    const int k16s = (channels + 15) / 16, n8s = channels / 8;
    const unsigned short* src = reinterpret_cast<const unsigned short*>(a.src) + image * height * static_cast<i64>(width) * row;
    const uint2* weights = reinterpret_cast<const uint2*>(a.weights);
    float d[N][4] = {};
    for (int first = 0; first < channels; first += CHUNK) {
        const int steps = min(CHUNK / 16, k16s - first / 16), vectors = steps * 2;
        __syncthreads();
        for (int i = threadIdx.x; i < HALO * HALO * vectors; i += 128 * GROUPS) {
            const int pixel = i / vectors, v = i % vectors, c = first + 8 * v;
            const int y = top + pixel / HALO - 1, x = left + pixel % HALO - 1;
            uint4 value = make_uint4(0, 0, 0, 0);
            if (y >= 0 && y < height && x >= 0 && x < width && c < channels)
                value = *reinterpret_cast<const uint4*>(src + (y * static_cast<i64>(width) + x) * row + c);
            *reinterpret_cast<uint4*>(halo + pixel * PIXEL + 8 * v) = value;
        }
        __syncthreads();
#pragma unroll
        for (int tx = 0; tx < 3; tx++) {
            const unsigned short* at = halo + ((2 * pixels + group) * HALO + lane / 4 + tx) * PIXEL + lane % 4 * 2;
            const uint2* w = weights + ((static_cast<i64>(group * 3 + tx) * k16s + first / 16) * n8s + blockIdx.y * N) * 32 + lane;
#pragma unroll 4
            for (int k = 0; k < steps; k++) {
                const unsigned f[4] = {*reinterpret_cast<const unsigned*>(at + 16 * k), *reinterpret_cast<const unsigned*>(at + HALO * PIXEL + 16 * k),
                                       *reinterpret_cast<const unsigned*>(at + 16 * k + 8), *reinterpret_cast<const unsigned*>(at + HALO * PIXEL + 16 * k + 8)};
#pragma unroll
                for (int n = 0; n < N; n++) multiply(d[n], f, w[(static_cast<i64>(k) * n8s + n) * 32], T());
            }
        }
    }
    float* mine = sums + pixels * N * 4 * 32 + lane;
    if (group > 0)
        for (int i = 0; i < N * 4; i++) mine[(group - 1) * 4 * N * 4 * 32 + i * 32] = d[i / 4][i % 4];
    __syncthreads();
    if (group > 0) return;
    const int x = left + lane / 4;
    T* dst = reinterpret_cast<T*>(a.dst) + image * height * static_cast<i64>(width) * row + blockIdx.y * N * 8 + lane % 4 * 2;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const int y = top + 2 * pixels + half;
        if (y >= height || x >= width) continue;
#pragma unroll
        for (int n = 0; n < N; n++) {
            union { T both[2]; unsigned word; } pair;
#pragma unroll
            for (int j = 0; j < 2; j++) {
                const int i = n * 4 + half * 2 + j;
                float sum = d[n][half * 2 + j];
                for (int g = 0; g < GROUPS - 1; g++) sum += mine[g * 4 * N * 4 * 32 + i * 32];
                narrow(sum, pair.both[j]);
            }
            *reinterpret_cast<unsigned*>(dst + (y * static_cast<i64>(width) + x) * row + n * 8) = pair.word;
        }
    }
}

#define PARTIAL(N) \
    extern "C" __global__ void __launch_bounds__(128 * GROUPS) partial_f16_##N(const PartialArguments a) { partial<F16, N>(a); } \
    extern "C" __global__ void __launch_bounds__(128 * GROUPS) partial_bf16_##N(const PartialArguments a) { partial<BF16, N>(a); }
PARTIAL(1)
PARTIAL(2)
PARTIAL(3)
PARTIAL(4)
PARTIAL(5)
PARTIAL(6)
#endif
