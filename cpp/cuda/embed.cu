// Patch embedding as one kernel: patches of pixels, f32 or 8-bit, times weights, for a device with tensor cores. cuDNN has no fast one
// for three channels; the kernel `patches` and a 1x1 convolution of cuDNN's are two launches, and write all pixels once more.
#include "device.cuh"

#if __CUDA_ARCH__ >= 800 || defined(FASTERNET_KERNELS_ON_CPU)
struct EmbedArguments {
    Strided src;
    i64 dst, row;              // a slice of each pixel's row; elements from one pixel to the next
    i64 weights, bias;         // [k16][n8][lane] of 4 values, as mma.m16n8k16 wants its B; f32
    i64 inputs, outputs;       // channels; outputs: a multiple of 8
    i64 batch, height, width;  // of dst
    i64 size;                  // rows and columns of a patch
};

constexpr int EMBED_TILE = 64;      // pixels of dst: four warps of 16
constexpr int EMBED_THREADS = 128;

// A tile's patches in shared memory, channel (c * size + y) * size + x of each, the order of a convolution's weights, then zeros up to
// a multiple of 16. Neighbouring threads have neighbouring pixels, which lie beside each other in src.
template <class S, class T> __device__ void load_patches(const EmbedArguments& a, int first, unsigned char* patches, int patch_bytes) {
    const int area = a.height * a.width, width = a.width, size = a.size, taps = size * size, values = a.inputs * taps;
    const int mine = threadIdx.x % EMBED_TILE, begin = threadIdx.x / EMBED_TILE, step = EMBED_THREADS / EMBED_TILE;
    const int pixel = first + mine, at = pixel % area;
    if (pixel >= a.batch * area) return;
    const S* src = reinterpret_cast<const S*>(a.src.data) + pixel / area * a.src.n + at / width * size * a.src.h +
        at % width * size * a.src.w;
    T* dst = reinterpret_cast<T*>(patches + mine * patch_bytes);
    const bool vectors = sizeof(S) == 4 && size % 4 == 0 && a.src.w == 1 && (a.src.data | 4 * (a.src.n | a.src.c | a.src.h)) % 16 == 0;
    if (vectors) {
        for (int i = 4 * begin; i < values; i += 4 * step) {
            const float4 v = *reinterpret_cast<const float4*>(src + i / taps * a.src.c + i % taps / size * a.src.h + i % size);
            *reinterpret_cast<uint2*>(dst + i) = {pack<T>(v.x, v.y), pack<T>(v.z, v.w)};
        }
    } else {
        for (int i = begin; i < (values + 15) / 16 * 16; i += step)
            narrow(i < values ? widen(src[i / taps * a.src.c + i % taps / size * a.src.h + i % size * a.src.w]) : 0.0f, dst[i]);
    }
}

// Shared memory: weights, patches, results. Grid: tiles or fewer.
template <class S, class T> __device__ void embed(const EmbedArguments& a) {
    const int lane = threadIdx.x % 32, mine = threadIdx.x / 32 * 16, n8s = a.outputs / 8;
    const int k16s = (a.inputs * a.size * a.size + 15) / 16, patch_bytes = 32 * k16s + SKEW, result_bytes = 16 * (n8s | 1);
    unsigned char *weights = dynamic_shared_memory(), *patches = weights + k16s * n8s * FRAGMENT;
    unsigned char *results = patches + EMBED_TILE * patch_bytes, *my_patches = patches + mine * patch_bytes;
    const int pixels = a.batch * a.height * a.width;
    load_all<EMBED_THREADS>(weights, reinterpret_cast<const unsigned char*>(a.weights), k16s * n8s * FRAGMENT);
    end_stage();
    wait_for_kernel_before();
    wait_for_stage<0>();
    for (int first = blockIdx.x * EMBED_TILE; first < pixels; first += gridDim.x * EMBED_TILE) {
        load_patches<S, T>(a, first, patches, patch_bytes);
        __syncthreads();
        for (int n = 0; n < n8s; n++) {
            const float* bias = reinterpret_cast<const float*>(a.bias) + 8 * n + lane % 4 * 2;
            float d[4] = {bias[0], bias[1], bias[0], bias[1]};
            for (int k = 0; k < k16s; k++)
                multiply(d, load_pixels(my_patches, patch_bytes, k).words, load_weights(weights + (k * n8s + n) * FRAGMENT), T());
            unsigned char* to = results + (mine + lane / 4) * result_bytes + 16 * n + lane % 4 * 4;
            *reinterpret_cast<unsigned*>(to) = pack<T>(d[0], d[1]);
            *reinterpret_cast<unsigned*>(to + 8 * result_bytes) = pack<T>(d[2], d[3]);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < EMBED_TILE * n8s; i += EMBED_THREADS) {
            const int pixel = i / n8s, n = i % n8s;
            if (first + pixel >= pixels) break;
            *reinterpret_cast<uint4*>(reinterpret_cast<T*>(a.dst) + (first + pixel) * a.row + 8 * n) =
                *reinterpret_cast<const uint4*>(results + pixel * result_bytes + 16 * n);
        }
    }
}

#define EMBED(S, s, T, t) \
    extern "C" __global__ void __launch_bounds__(EMBED_THREADS, 8) embed_##s##_##t(const EmbedArguments a) { embed<S, T>(a); }
EMBED(float, f32, F16, f16)
EMBED(float, f32, BF16, bf16)
EMBED(unsigned char, u8, F16, f16)
EMBED(unsigned char, u8, BF16, bf16)
#endif
