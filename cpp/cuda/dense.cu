// A 1x1 convolution of few pixels, as is a network's head for one image. All there is to do is read the weights, each of which is used
// once a pixel: a warp does so for one output at a time, where a matrix product would have a few blocks at work, on tiles mostly empty.
#include "device.cuh"

struct DenseArguments {
    i64 src, dst;           // the first pixel's
    i64 weights, bias;      // outputs x inputs; f32
    i64 src_row, dst_row;   // elements from one pixel to the next
    i64 inputs, outputs;    // inputs: whole vectors of 16 bytes, as are the rows of src and of weights
    i64 activation;         // as `activate` takes it
};

constexpr int DENSE_WARPS = 8;

// Grid: outputs / DENSE_WARPS, pixels.
template <class T, class D> __device__ void dense(const DenseArguments& a) {
    wait_for_kernel_before();
    constexpr int VALUES = 16 / sizeof(T);
    const int lane = threadIdx.x % 32, inputs = a.inputs, output = blockIdx.x * DENSE_WARPS + threadIdx.x / 32;
    if (output >= a.outputs) return;
    const T* src = reinterpret_cast<const T*>(a.src) + blockIdx.y * a.src_row;
    const T* weights = reinterpret_cast<const T*>(a.weights) + output * a.inputs;
    float sum = 0;
#pragma unroll 4
    for (int i = lane * VALUES; i < inputs; i += 32 * VALUES) {
        const Vector16<T> x = {*reinterpret_cast<const uint4*>(src + i)}, w = {*reinterpret_cast<const uint4*>(weights + i)};
#pragma unroll
        for (int j = 0; j < VALUES; j++) sum += widen(x.values[j]) * widen(w.values[j]);
    }
#pragma unroll
    for (int other = 16; other; other /= 2) sum += __shfl_xor_sync(~0u, sum, other);
    if (lane) return;
    sum = activate(sum + reinterpret_cast<const float*>(a.bias)[output], a.activation);
    narrow(sum, reinterpret_cast<D*>(a.dst)[blockIdx.y * a.dst_row + output]);
}

#define DENSE(S, s, D, d) \
    extern "C" __global__ void __launch_bounds__(32 * DENSE_WARPS) dense_##s##_##d(const DenseArguments a) { dense<S, D>(a); }
DENSE(float, f32, float, f32)
DENSE(F16, f16, F16, f16)
DENSE(F16, f16, float, f32)
DENSE(BF16, bf16, BF16, bf16)
DENSE(BF16, bf16, float, f32)
