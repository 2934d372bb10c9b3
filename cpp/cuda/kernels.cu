// The few CUDA kernels of the back end cudnn that every network needs: what cuDNN has no kernel for (conversion at the edges, mean
// pooling), and the partial 3x3 convolution, which it turns into up to three kernels where the channels are a slice. Each kernel
// takes one structure of 64-bit fields, which Java writes as an array of longs.
#include "device.cuh"

struct CopyArguments {
    Strided src, dst;
    i64 channels, height, width;
    i64 dst_channels;   // from `channels` on they become zero
    i64 planes;         // 1 if dst is NCHW: threads that are neighbours write neighbours
    i64 scale, shift;   // f32 per channel, or 0
};

// Grid: any x batch. An image's elements are counted in 32 bits, because divisions of 64 take longer than all the rest.
template <class S, class D> __device__ void copy(const CopyArguments& a) {
    wait_for_kernel_before();
    const unsigned height = a.height, width = a.width, channels = a.dst_channels, total = channels * height * width;
    const S* src = reinterpret_cast<const S*>(a.src.data) + blockIdx.y * a.src.n;
    D* dst = reinterpret_cast<D*>(a.dst.data) + blockIdx.y * a.dst.n;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < total; i += gridDim.x * blockDim.x) {
        unsigned c, h, w;
        if (a.planes) {
            w = i % width, h = i / width % height, c = i / width / height;
        } else {
            c = i % channels, w = i / channels % width, h = i / channels / width;
        }
        float value = 0;
        if (c < a.channels) {
            value = widen(src[c * a.src.c + h * a.src.h + w * a.src.w]);
            if (a.scale) value = value * reinterpret_cast<const float*>(a.scale)[c] + reinterpret_cast<const float*>(a.shift)[c];
        }
        narrow(value, dst[c * a.dst.c + h * a.dst.h + w * a.dst.w]);
    }
}

struct PatchArguments {
    Strided src;
    i64 dst;            // dense, batch x height x width x row
    i64 channels, height, width, size, row;
};

// One thread an element of dst; channel (c * size + y) * size + x of a patch's pixel, the order of a convolution's weights. Grid:
// any x batch.
template <class S, class D> __device__ void patches(const PatchArguments& a) {
    wait_for_kernel_before();
    const unsigned width = a.width, row = a.row, size = a.size, taps = size * size, values = a.channels * taps;
    const unsigned total = a.height * width * row;
    const S* src = reinterpret_cast<const S*>(a.src.data) + blockIdx.y * a.src.n;
    D* dst = reinterpret_cast<D*>(a.dst) + blockIdx.y * static_cast<i64>(total);
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < total; i += gridDim.x * blockDim.x) {
        const unsigned pixel = i / row, j = i % row;
        float value = 0;
        if (j < values) {
            const unsigned c = j / taps, y = j % taps / size, x = j % size, h = pixel / width, w = pixel % width;
            value = widen(src[c * a.src.c + (h * size + y) * a.src.h + (w * size + x) * a.src.w]);
        }
        narrow(value, dst[i]);
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
    wait_for_kernel_before();
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

// A convolution in true f32 without tensor cores, where cuDNN has none that fuses what follows. A block computes SIDE pixels by SIDE
// outputs, each thread 4x4 of them.
struct ConvArguments {
    i64 src, dst, weights, bias;  // weights: K x outputs with K = (y, x, input), zeros up to multiples of CONV_STEP and 4; bias: f32, or 0
    i64 src_n, src_h, src_w, dst_n, dst_h, dst_w;
    i64 batch, height, width, inputs;
    i64 dst_height, dst_width, outputs, side, stride, padding, activation, accumulate;
};

constexpr int CONV_STEP = 16;    // of K
constexpr int CONV_STAGES = 4;   // in shared memory: one is computed on while the others arrive

// Four inputs of a pixel at a time, of which a thread has the same in each step. A channel slice may lie anywhere, and where 16 bytes of
// it are not together its numbers are loaded one by one.
struct ConvSource {
    const ConvArguments& a;
    const float* image;
    int top, left;          // of the pixel's window
    int channel, y = 0, x = 0;
    const bool vectors = a.inputs % 4 == 0 && (a.src | 4 * (a.src_n | a.src_h | a.src_w)) % 16 == 0;

    __device__ ConvSource(const ConvArguments& a, int pixel, int first_input) : a(a), channel(first_input) {
        const int width = a.dst_width, area = a.dst_height * width, rest = pixel % area;
        const bool inside = pixel < a.batch * area;
        image = reinterpret_cast<const float*>(a.src) + (inside ? pixel / area * a.src_n : 0);
        top = inside ? rest / width * a.stride - a.padding : a.height;
        left = rest % width * a.stride - a.padding;
        find();
    }

    __device__ void find() {
        const int inputs = a.inputs, side = a.side;
        while (channel >= inputs) {
            channel -= inputs;
            if (++x == side) x = 0, y++;
        }
    }

    __device__ const float* at() const {
        const int h = top + y, w = left + x;
        return y < a.side && h >= 0 && h < a.height && w >= 0 && w < a.width ? image + h * a.src_h + w * a.src_w + channel : nullptr;
    }

    __device__ void load(float* to) {
        if (vectors) {
            const float* from = at();
            load16(reinterpret_cast<unsigned char*>(to), from ? from : image, from);
            channel += CONV_STEP;
        } else {
            for (int i = 0; i < 4; i++, channel++, find()) to[i] = at() ? *at() : 0;
            channel += CONV_STEP - 4;
        }
        find();
    }
};

// Grid: pixels / SIDE, outputs / SIDE. Shared memory: CONV_STAGES of the source, SIDE x CONV_STEP, and of weights, CONV_STEP x SIDE.
template <int SIDE> __device__ void conv(const ConvArguments& a) {
    wait_for_kernel_before();
    constexpr int ACROSS = SIDE / 4, THREADS = ACROSS * ACROSS, STAGE = SIDE * CONV_STEP;
    const int t = threadIdx.x, first = blockIdx.x * SIDE, n0 = blockIdx.y * SIDE;
    const int outputs = a.outputs, padded = (outputs + 3) / 4 * 4, steps = (a.inputs * a.side * a.side + CONV_STEP - 1) / CONV_STEP;
    float *x = reinterpret_cast<float*>(dynamic_shared_memory()), *w = x + CONV_STAGES * STAGE;
    // Of loads, of the source and of weights: a block of few threads has each load two times.
    constexpr int ROUNDS = STAGE / 4 / THREADS;
    static_assert(ROUNDS <= 2);
    ConvSource one(a, first + t / 4, t % 4 * 4), other(a, first + t / 4 + (ROUNDS - 1) * THREADS / 4, t % 4 * 4);
    auto load = [&](int step) {
        const int stage = step % CONV_STAGES * STAGE;
        one.load(x + stage + t * 4);
        if (ROUNDS == 2) other.load(x + stage + (t + THREADS) * 4);
        const float* from = reinterpret_cast<const float*>(a.weights) + static_cast<i64>(step) * CONV_STEP * padded + n0;
#pragma unroll
        for (int round = 0; round < ROUNDS; round++) {
            const int i = t + round * THREADS, k = i / ACROSS, n = i % ACROSS * 4;
            const bool valid = n0 + n < padded;
            load16(reinterpret_cast<unsigned char*>(w + stage + i * 4), valid ? from + k * padded + n : from, valid);
        }
    };
    float sum[4][4] = {};
    for (int step = 0; step < CONV_STAGES - 1; step++) {
        if (step < steps) load(step);
        end_stage();
    }
    for (int step = 0; step < steps; step++) {
        wait_for_stage<CONV_STAGES - 2>();
        __syncthreads();
        if (step + CONV_STAGES - 1 < steps) load(step + CONV_STAGES - 1);
        end_stage();
        const int stage = step % CONV_STAGES * STAGE;
        const float *pixels = x + stage + t / ACROSS * 4 * CONV_STEP, *weights = w + stage + t % ACROSS * 4;
#pragma unroll
        for (int k = 0; k < CONV_STEP; k += 4) {
            Vector16<float> p[4];
#pragma unroll
            for (int i = 0; i < 4; i++) p[i] = {*reinterpret_cast<const uint4*>(pixels + i * CONV_STEP + k)};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                const Vector16<float> q = {*reinterpret_cast<const uint4*>(weights + (k + j) * SIDE)};
#pragma unroll
                for (int i = 0; i < 16; i++) sum[i / 4][i % 4] += p[i / 4].values[j] * q.values[i % 4];
            }
        }
    }
    const int width = a.dst_width, area = a.dst_height * width;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const int pixel = first + t / ACROSS * 4 + i, rest = pixel % area;
        // Conditions instead of an end of the loop, with which the sums would be an array in memory.
        const bool valid = pixel < a.batch * area;
        float* dst = reinterpret_cast<float*>(a.dst) + (valid ? pixel / area * a.dst_n + rest / width * a.dst_h + rest % width * a.dst_w : 0);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const int n = n0 + t % ACROSS * 4 + j;
            if (valid && n < outputs) {
                const float v = activate(sum[i][j] + (a.bias ? reinterpret_cast<const float*>(a.bias)[n] : 0), a.activation);
                dst[n] = a.accumulate ? dst[n] + v : v;
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 2) conv_f32_64(const ConvArguments a) { conv<64>(a); }
extern "C" __global__ void __launch_bounds__(64, 8) conv_f32_32(const ConvArguments a) { conv<32>(a); }

#if __CUDA_ARCH__ >= 800 || defined(FASTERNET_KERNELS_ON_CPU)
// Partial convolution: 3x3, stride 1, padding 1, P channels to P, each a slice of a pixel's row; P is a multiple of 8.

struct PartialArguments {
    i64 src, dst, weights;  // weights: [tap][k16][n8][lane] of 4 values, as mma.m16n8k16 wants its B
    i64 height, width, row, channels;
};

constexpr int TILE = 8;                          // 8x8 pixels a block: four warps of 16
constexpr int HALO = TILE + 2;
constexpr int CHUNK = 64;                        // most input channels in shared memory at a time
constexpr int GROUPS = 3;                        // a row of taps each, so that a small image's sums are a third as long
constexpr int THREADS = 128 * GROUPS;

// Grid: tiles, P / (8 N), batch. Shared memory: one stage, or two where the channels are more than CHUNK: while one is computed on,
// the next is loaded. The kernel is bound by latency: a small image has few tiles.
template <class T, int N> __device__ void partial(const PartialArguments& a) {
    unsigned char* memory = dynamic_shared_memory();
    const int height = a.height, width = a.width, channels = a.channels;
    const int across = (width + TILE - 1) / TILE;
    const int top = blockIdx.x / across * TILE, left = blockIdx.x % across * TILE;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, pixels = warp % 4, group = warp / 4;
    const int k16s = (channels + 15) / 16, n8s = channels / 8;
    const int chunk = min(CHUNK, 16 * k16s), pixel_bytes = 2 * chunk + SKEW;
    const int halo_bytes = HALO * HALO * pixel_bytes, stage_bytes = halo_bytes + 9 * (chunk / 16) * N * FRAGMENT;
    const i64 row = a.row, image = blockIdx.z * (height * static_cast<i64>(width) * row);
    const unsigned short* src = reinterpret_cast<const unsigned short*>(a.src) + image;
    const unsigned char* weights = reinterpret_cast<const unsigned char*>(a.weights);
    auto load = [&](int first, int stage) {
        const int steps = min(chunk / 16, k16s - first / 16), vectors = steps * 2;
        unsigned char* to = memory + stage * stage_bytes;
        for (int i = threadIdx.x; i < 9 * steps * N * 16; i += THREADS) {
            const int part = i / (N * 16), tap = part / steps, k = part % steps;
            const i64 from = (static_cast<i64>(tap * k16s + first / 16 + k) * n8s + blockIdx.y * N) * FRAGMENT + i % (N * 16) * 16;
            load16(to + halo_bytes + (tap * (chunk / 16) + k) * N * FRAGMENT + i % (N * 16) * 16, weights + from, true);
        }
        if (first == 0) wait_for_kernel_before();
        for (int i = threadIdx.x; i < HALO * HALO * vectors; i += THREADS) {
            const int pixel = i / vectors, v = i % vectors, c = first + 8 * v;
            const int y = top + pixel / HALO - 1, x = left + pixel % HALO - 1;
            const bool valid = y >= 0 && y < height && x >= 0 && x < width && c < channels;
            load16(to + pixel * pixel_bytes + 16 * v, valid ? src + (y * static_cast<i64>(width) + x) * row + c : src, valid);
        }
        end_stage();
    };
    float d[N][4] = {};
    load(0, 0);
    for (int first = 0, stage = 0; first < channels; first += chunk, stage ^= 1) {
        const bool more = first + chunk < channels;
        if (more) load(first + chunk, stage ^ 1);
        if (more) wait_for_stage<1>();
        else wait_for_stage<0>();
        __syncthreads();
        const int steps = min(chunk / 16, k16s - first / 16);
        const unsigned char* halo = memory + stage * stage_bytes;
#pragma unroll
        for (int tx = 0; tx < 3; tx++) {
            const unsigned char* at = halo + ((2 * pixels + group) * HALO + lane / 4 + tx) * pixel_bytes + lane % 4 * 4;
            const unsigned char* w = halo + halo_bytes + (group * 3 + tx) * (chunk / 16) * N * FRAGMENT;
            for (int k = 0; k < steps; k++) {
                const unsigned char* below = at + HALO * pixel_bytes;
                const unsigned f[4] = {*reinterpret_cast<const unsigned*>(at + 32 * k), *reinterpret_cast<const unsigned*>(below + 32 * k),
                                       *reinterpret_cast<const unsigned*>(at + 32 * k + 16), *reinterpret_cast<const unsigned*>(below + 32 * k + 16)};
#pragma unroll
                for (int n = 0; n < N; n++) multiply(d[n], f, load_weights(w + (k * N + n) * FRAGMENT), T());
            }
        }
        __syncthreads();
    }
    float* mine = reinterpret_cast<float*>(memory) + pixels * N * 4 * 32 + lane;
    if (group > 0)
#pragma unroll
        for (int i = 0; i < N * 4; i++) mine[(group - 1) * 4 * N * 4 * 32 + i * 32] = d[i / 4][i % 4];
    __syncthreads();
    if (group > 0) return;
    const int x = left + lane / 4;
    T* dst = reinterpret_cast<T*>(a.dst) + image + blockIdx.y * N * 8 + lane % 4 * 2;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const int y = top + 2 * pixels + half;
        if (y >= height || x >= width) continue;
#pragma unroll
        for (int n = 0; n < N; n++) {
            float pair[2];
#pragma unroll
            for (int j = 0; j < 2; j++) {
                const int i = n * 4 + half * 2 + j;
                float sum = d[n][half * 2 + j];
#pragma unroll
                for (int g = 0; g < GROUPS - 1; g++) sum += mine[g * 4 * N * 4 * 32 + i * 32];
                pair[j] = sum;
            }
            *reinterpret_cast<unsigned*>(dst + (y * static_cast<i64>(width) + x) * row + n * 8) = pack<T>(pair[0], pair[1]);
        }
    }
}

#define PARTIAL(N) \
    extern "C" __global__ void __launch_bounds__(THREADS) partial_f16_##N(const PartialArguments a) { partial<F16, N>(a); } \
    extern "C" __global__ void __launch_bounds__(THREADS) partial_bf16_##N(const PartialArguments a) { partial<BF16, N>(a); }
PARTIAL(1)
PARTIAL(2)
PARTIAL(3)
#endif
