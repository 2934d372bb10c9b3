// A block's two 1x1 convolutions as one kernel, dst += project act(expand src + bias): the hidden channels, most of what a block
// writes and reads, never leave the multiprocessor. In f16 and bf16, by tensor cores, with sums in f32.
//
// Or all of a block, with the partial convolution before them: one pass over memory. Neighbours still read x1 while others have their
// result, so the result's x1 goes to the other end of the row, where y1 would be: [ y1 | x2 | x1 ] becomes [ x1 | x2 | y1 ], and the
// next block brings it back.
//
// A thread block computes a tile of pixels, for a part of the hidden channels: where an image has fewer tiles than the device has
// multiprocessors, several blocks share a tile, and the last of them to arrive adds up what they have. A chunk of hidden channels is
// computed, activated and projected at a time, while the weights of the next one are loaded.
#include "device.cuh"

#if __CUDA_ARCH__ >= 800 || defined(FASTERNET_KERNELS_ON_CPU)
struct MlpArguments {
    i64 src, dst;          // slices of the same rows: a block has read all of its pixels' src before it writes their dst
    i64 expand, bias;      // [n8][k16][lane] of 4 values, as mma.m16n8k16 wants its B; f32
    i64 project;           // [k16][n8][lane] of 4 values
    i64 partials, arrived; // f32, tiles x parts x tile x channels; a count for each tile, zero before and after
    i64 pixels, row;       // elements from one pixel to the next
    i64 channels;          // a multiple of 8, of src and of dst
    i64 hidden, chunk;     // multiples of 16
    i64 tile;              // pixels: 16, 32, 64 or 128
    i64 activation;        // as `activate` takes it, one of the two
};

// Of a whole block: src is the row with x2 behind its first `slice` channels, dst is x2.
struct BlockArguments : MlpArguments {
    i64 x1, next_x1;       // where it lies, and where the result's goes
    i64 partial;           // weights: [tap][k16][n8][lane] of 4 values
    i64 slice;             // channels of x1, a multiple of 8
    i64 height, width;
};

__device__ inline int slice_of(const MlpArguments&) { return 0; }
__device__ inline int slice_of(const BlockArguments& a) { return a.slice; }
// Pixels before and after those of a tile that a 3x3 convolution reads.
__device__ inline int margin_of(const MlpArguments&) { return 0; }
__device__ inline int margin_of(const BlockArguments& a) { return a.width + 1; }

constexpr int MLP_WARPS = 8;
constexpr int MLP_THREADS = 32 * MLP_WARPS;

// 1 - erf(x) for x >= 0 by Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26, to 1.5e-7, which is far below what 16
// bits hold. Not erff, which has a branch, on either side of which some of a warp's threads would be.
__device__ inline float gelu(float v) {
    const float x = fabsf(v) * 0.70710678118654752f, t = __fdividef(1, 1 + 0.3275911f * x);
    const float series = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    const float tail = 0.5f * series * __expf(-x * x);
    return v * (v < 0 ? tail : 1 - tail);
}

// A thread block's part of a tile. Shared memory: the tile's src and a chunk's hidden channels, in whose place its sums are then (f32);
// for a partial convolution x1 of the tile and around it, in the order of memory, and weights; the weights of a chunk, or of two, where
// a thread block has more than one.
template <class T, int N, class Arguments> struct Mlp {
    const Arguments& a;
    const int channels = a.channels, hidden = a.hidden, chunk = a.chunk, tile = a.tile;
    const int k16s = (channels + 15) / 16, n8s = channels / 8;
    const int src_bytes = 32 * k16s + SKEW, hidden_bytes = 2 * chunk + SKEW, sum_floats = channels + 4;
    // Of a chunk: weights of expand, of project, biases.
    const int expand_bytes = chunk / 8 * k16s * FRAGMENT, project_bytes = chunk / 16 * n8s * FRAGMENT;
    const int stage_bytes = expand_bytes + project_bytes + chunk * 4;
    // Warps side by side in pixels, 16 each, and in channels.
    const int down = tile / 16, across = MLP_WARPS / down, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int mine = warp % down * 16, column = warp / down;
    unsigned char* const src = dynamic_shared_memory();
    unsigned char* const inner = src + tile * src_bytes;
    float* const sums = reinterpret_cast<float*>(src);
    const int slice = slice_of(a), slice16s = (slice + 15) / 16, slice8s = slice / 8;
    const int margin = margin_of(a), around = slice ? tile + 2 * margin : 0, x1_bytes = 32 * slice16s + SKEW;
    unsigned char* const x1 = src + max(tile * (src_bytes + hidden_bytes), tile * sum_floats * 4);
    unsigned char* const partial = x1 + around * x1_bytes;
    unsigned char* const weights = partial + 9 * slice16s * slice8s * FRAGMENT;
    float d[N][4] = {};
    static constexpr bool WHOLE = sizeof(Arguments) > sizeof(MlpArguments);

    __device__ void load_src(i64 first) {
        const unsigned short* from = reinterpret_cast<const unsigned short*>(a.src) + first * a.row;
        for (int i = threadIdx.x; i < tile * 2 * k16s; i += MLP_THREADS) {
            const int pixel = i / (2 * k16s), v = i % (2 * k16s);
            if (v < slice8s) continue;
            const bool valid = first + pixel < a.pixels && v < n8s;
            load16(src + pixel * src_bytes + 16 * v, valid ? from + pixel * a.row + 8 * v : from, valid);
        }
    }

    // A loop of its own: as one with that of src, by more arguments, it costs registers that sm_120 then keeps in memory.
    __device__ void load_x1(i64 first) {
        const unsigned short* from = reinterpret_cast<const unsigned short*>(a.x1);
        for (int i = threadIdx.x; i < around * 2 * slice16s; i += MLP_THREADS) {
            const int j = i / (2 * slice16s), v = i % (2 * slice16s);
            const i64 pixel = first - margin + j;
            const bool valid = pixel >= 0 && pixel < a.pixels && v < slice8s;
            load16(x1 + j * x1_bytes + 16 * v, valid ? from + pixel * a.row + 8 * v : from, valid);
        }
    }

    // y1, to the first channels of the tile's src. Pixels outside of the image have their neighbours in memory in their place, which
    // become zero only now.
    __device__ void convolve(i64 first) {
        constexpr int TOGETHER = 2;
        unsigned inside[2] = {0, 0};
        for (int half = 0; half < 2; half++) {
            const int at = (first + mine + lane / 4 + 8 * half) % (a.height * a.width), width = a.width, y = at / width, x = at % width;
            for (int tap = 0; tap < 9; tap++) {
                const int h = y + tap / 3 - 1, w = x + tap % 3 - 1;
                if (h >= 0 && h < a.height && w >= 0 && w < width) inside[half] |= 1 << tap;
            }
        }
        for (int n = column; n < slice8s; n += TOGETHER * across) {
            float y1[TOGETHER][4] = {};
#pragma unroll 1
            for (int tap = 0; tap < 9; tap++) {
                const unsigned char* at = x1 + (mine + margin + (tap / 3 - 1) * static_cast<int>(a.width) + tap % 3 - 1) * x1_bytes;
                const unsigned char* w = partial + (tap * slice16s * slice8s + n) * FRAGMENT;
#pragma unroll 1
                for (int k = 0; k < slice16s; k++, w += slice8s * FRAGMENT) {
                    Pixels f = load_pixels(at, x1_bytes, k);
#pragma unroll
                    for (int i = 0; i < 4; i++) f.words[i] = inside[i % 2] >> tap & 1 ? f.words[i] : 0;
#pragma unroll
                    for (int j = 0; j < TOGETHER; j++)
                        if (n + j * across < slice8s) multiply(y1[j], f.words, load_weights(w + j * across * FRAGMENT), T());
                }
            }
#pragma unroll
            for (int j = 0; j < TOGETHER; j++) {
                if (n + j * across >= slice8s) continue;
                unsigned char* to = src + (mine + lane / 4) * src_bytes + 16 * (n + j * across) + lane % 4 * 4;
#pragma unroll
                for (int i = 0; i < 2; i++)
                    *reinterpret_cast<unsigned*>(to + 8 * i * src_bytes) =
                        pack<T>(y1[j][2 * i], y1[j][2 * i + 1]);
            }
        }
    }

    __device__ int channels_of(int part) const { return min(chunk, hidden - part * chunk); }

    __device__ static void load(unsigned char* to, i64 from, i64 offset, int bytes) {
        load_all<MLP_THREADS>(to, reinterpret_cast<const unsigned char*>(from) + offset, bytes);
    }

    __device__ void load_chunk(int part, int stage) {
        const i64 before = part;
        const int count = channels_of(part);
        unsigned char* to = weights + stage * stage_bytes;
        load(to, a.expand, before * expand_bytes, count / 8 * k16s * FRAGMENT);
        load(to + expand_bytes, a.project, before * project_bytes, count / 16 * n8s * FRAGMENT);
        load(to + expand_bytes + project_bytes, a.bias, before * chunk * 4, count * 4);
    }

    // 16 hidden channels a time. What is multiplied next is loaded before, since a warp has little else to do while it waits; at the
    // end that is of the next row, or of what lies behind, and not used.
    __device__ void expand(int part, int stage) {
        const unsigned char* from = weights + stage * stage_bytes;
        const float* bias = reinterpret_cast<const float*>(from + expand_bytes + project_bytes) + lane % 4 * 2;
        for (int n = column; n < channels_of(part) / 16; n += across) {
            const unsigned char *w = from + n * 2 * k16s * FRAGMENT, *second = w + k16s * FRAGMENT;
            float h[2][4];
#pragma unroll
            for (int i = 0; i < 8; i++) h[i / 4][i % 4] = bias[16 * n + i / 4 * 8 + i % 2];
            Pixels next = load_pixels(src + mine * src_bytes, src_bytes, 0);
            uint2 next_w[2] = {load_weights(w), load_weights(second)};
#pragma unroll 2
            for (int k = 0; k < k16s; k++) {
                const Pixels f = next;
                const uint2 w0 = next_w[0], w1 = next_w[1];
                next = load_pixels(src + mine * src_bytes, src_bytes, k + 1);
                next_w[0] = load_weights(w + (k + 1) * FRAGMENT), next_w[1] = load_weights(second + (k + 1) * FRAGMENT);
                multiply(h[0], f.words, w0, T());
                multiply(h[1], f.words, w1, T());
            }
            if (a.activation == 2) {
#pragma unroll
                for (int i = 0; i < 8; i++) h[i / 4][i % 4] = gelu(h[i / 4][i % 4]);
            } else {
#pragma unroll
                for (int i = 0; i < 8; i++) h[i / 4][i % 4] = relu(h[i / 4][i % 4]);
            }
            unsigned char* to = inner + (mine + lane / 4) * hidden_bytes + 32 * n + lane % 4 * 4;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const float* pair = h[i % 2] + i / 2 * 2;
                *reinterpret_cast<unsigned*>(to + i / 2 * 8 * hidden_bytes + i % 2 * 16) = pack<T>(pair[0], pair[1]);
            }
        }
    }

    __device__ void project(int part, int stage) {
        const unsigned char* w = weights + stage * stage_bytes + expand_bytes;
        const int steps = channels_of(part) / 16;
        Pixels next = load_pixels(inner + mine * hidden_bytes, hidden_bytes, 0);
#pragma unroll 2
        for (int k = 0; k < steps; k++) {
            const Pixels f = next;
            next = load_pixels(inner + mine * hidden_bytes, hidden_bytes, k + 1);
#pragma unroll
            for (int j = 0; j < N; j++) {
                const int n = column + j * across;
                if (n < n8s) multiply(d[j], f.words, load_weights(w + (k * n8s + n) * FRAGMENT), T());
            }
        }
    }

    // To where 16 bytes of a result are one thread's.
    __device__ void lay_down_sums() {
#pragma unroll
        for (int j = 0; j < N; j++) {
            const int n = column + j * across;
            if (n >= n8s) continue;
            float* to = sums + (mine + lane / 4) * sum_floats + 8 * n + lane % 4 * 2;
#pragma unroll
            for (int i = 0; i < 4; i++) to[i / 2 * 8 * sum_floats + i % 2] = d[j][i];
        }
    }

    // Writes the sums where the others of this tile find them. Whether they all have: then this block adds them up.
    __device__ bool hand_in(i64 at) {
        float4* to = reinterpret_cast<float4*>(a.partials) + (at * gridDim.y + blockIdx.y) * tile * (channels / 4);
        for (int i = threadIdx.x; i < tile * (channels / 4); i += MLP_THREADS)
            to[i] = *reinterpret_cast<const float4*>(sums + i / (channels / 4) * sum_floats + i % (channels / 4) * 4);
        __threadfence();
        __syncthreads();
        unsigned *arrived = reinterpret_cast<unsigned*>(a.arrived) + at, *before = reinterpret_cast<unsigned*>(src);
        if (threadIdx.x == 0) *before = atomicAdd(arrived, 1);
        __syncthreads();
        if (*before + 1 < gridDim.y) return false;
        if (threadIdx.x == 0) *arrived = 0;
        __threadfence();
        return true;
    }

    // In the order of the parts, whichever came last: the result is the same in every run.
    __device__ float4 sum(i64 at, int pixel, int quarter) const {
        if (gridDim.y == 1) return *reinterpret_cast<const float4*>(sums + pixel * sum_floats + 4 * quarter);
        const i64 size = tile * (channels / 4);
        const float4* from = reinterpret_cast<const float4*>(a.partials) + at * gridDim.y * size + pixel * (channels / 4) + quarter;
        float4 s = {0, 0, 0, 0};
        for (unsigned part = 0; part < gridDim.y; part++) {
            const float4 p = from[part * size];
            s.x += p.x, s.y += p.y, s.z += p.z, s.w += p.w;
        }
        return s;
    }

    __device__ void add_to_dst(i64 at) const {
        for (int i = threadIdx.x; i < tile * n8s; i += MLP_THREADS) {
            const int pixel = i / n8s, v = i % n8s;
            if (at * tile + pixel >= a.pixels) break;
            const i64 element = (at * tile + pixel) * a.row + 8 * v;
            T *from = reinterpret_cast<T*>(a.dst) + element, *to = from;
            if constexpr (WHOLE) {
                if (v >= n8s - slice8s) {
                    from = reinterpret_cast<T*>(a.x1) + element - (channels - slice);
                    to = reinterpret_cast<T*>(a.next_x1) + element - (channels - slice);
                }
            }
            union { uint4 vector; T values[8]; unsigned words[4]; } held;
            held.vector = *reinterpret_cast<const uint4*>(from);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const float4 s = sum(at, pixel, 2 * v + half);
                const T* h = held.values + 4 * half;
                const unsigned low = pack<T>(widen(h[0]) + s.x, widen(h[1]) + s.y), high = pack<T>(widen(h[2]) + s.z, widen(h[3]) + s.w);
                held.words[2 * half] = low, held.words[2 * half + 1] = high;
            }
            *reinterpret_cast<uint4*>(to) = held.vector;
        }
    }

    // Every gridDim.x-th tile, of it every gridDim.y-th chunk. A single chunk's weights are loaded once for all tiles.
    __device__ void run() {
        const int chunks = (hidden + chunk - 1) / chunk;
        const i64 tiles = (a.pixels + tile - 1) / tile;
        const bool resident = static_cast<int>(blockIdx.y + gridDim.y) >= chunks;
        load_chunk(blockIdx.y, 0);
        if constexpr (WHOLE) load(partial, a.partial, 0, 9 * slice16s * slice8s * FRAGMENT);
        wait_for_kernel_before();
        for (i64 at = blockIdx.x; at < tiles; at += gridDim.x) {
            __syncthreads();
            if (at > blockIdx.x && !resident) load_chunk(blockIdx.y, 0);
            load_src(at * tile);
            if constexpr (WHOLE) load_x1(at * tile);
#pragma unroll
            for (int i = 0; i < N * 4; i++) d[i / 4][i % 4] = 0;
            for (int part = blockIdx.y, stage = 0; part < chunks; part += gridDim.y, stage ^= 1) {
                end_stage();
                wait_for_stage<0>();
                __syncthreads();
                if (part + static_cast<int>(gridDim.y) < chunks) load_chunk(part + gridDim.y, stage ^ 1);
                if constexpr (WHOLE) {
                    if (part == static_cast<int>(blockIdx.y)) {
                        convolve(at * tile);
                        __syncthreads();
                    }
                }
                expand(part, stage);
                __syncthreads();
                project(part, stage);
            }
            __syncthreads();
            lay_down_sums();
            __syncthreads();
            if (gridDim.y == 1 || hand_in(at)) add_to_dst(at);
        }
    }
};

// N: eights of channels that a warp sums up at most. Grid: tiles or fewer, parts. BLOCKS: a multiprocessor's, by which the compiler
// divides the registers.
#define KERNEL(name, T, N, BLOCKS, Arguments) \
    extern "C" __global__ void __launch_bounds__(MLP_THREADS, BLOCKS) name##_##N(const Arguments a) { Mlp<T, N, Arguments>{a}.run(); }
#define MLP(N, BLOCKS) \
    KERNEL(mlp_f16, F16, N, BLOCKS, MlpArguments) \
    KERNEL(mlp_bf16, BF16, N, BLOCKS, MlpArguments) \
    KERNEL(block_f16, F16, N, BLOCKS, BlockArguments) \
    KERNEL(block_bf16, BF16, N, BLOCKS, BlockArguments)
MLP(2, 3)
MLP(4, 3)
MLP(8, 2)
MLP(16, 1)
#endif
