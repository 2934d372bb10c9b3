// GELU on vectors. Included after an instruction set's header.

namespace fasternet::FN_ISA {
namespace {

// Phi(x) - 1/2 = x * q(x * x), the normal distribution's odd part, with q a polynomial of degree 13 in
// s = 2 (x / kGeluRange)^2 - 1. In s, not in x * x: there its coefficients fall and Horner's scheme keeps every bit.
// Fitted by iteratively reweighted least squares on |x| <= kGeluRange, with the end pinned a little above 1/2 so that
// gelu(x) is exactly x and exactly 0 beyond. Against the exact x * Phi(x) the error is below 2 epsilon * |x|.
constexpr float kGeluRange = 5.25f;
constexpr float kGeluPolynomial[] = {
    -0x1.eec438p-12f, 0x1.7be2aap-10f,  -0x1.a39384p-10f, 0x1.eedeb2p-10f, -0x1.3a62ccp-8f, 0x1.28af4ep-7f, -0x1.ae6dcep-7f,
    0x1.2c5b4ap-6f,   -0x1.98b680p-6f, 0x1.06a97ep-5f,   -0x1.45d4b0p-5f, 0x1.96aee8p-5f,  -0x1.12f334p-4f, 0x1.13c84ap-3f,
};

// dst[i] = gelu(src[i]), kChains vectors step by step together: one polynomial alone is a chain of dependent operations,
// and the processor's schedulers are too small to find enough of the next ones behind it.
template <int kChains>
FN_INLINE void gelu_together(const float* src, float* dst) {
    Vec z[kChains], s[kChains], q[kChains];
    const Vec range = broadcast_f32(kGeluRange), minus_range = broadcast_f32(-kGeluRange);
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
        z[i] = maximum(minus_range, minimum(range, load(src + i * kLanes)));
        s[i] = multiply_add(multiply(z[i], z[i]), broadcast_f32(2.0f / (kGeluRange * kGeluRange)), broadcast_f32(-1.0f));
        q[i] = broadcast_f32(kGeluPolynomial[0]);
    }
#pragma GCC unroll 16
    for (size_t k = 1; k < sizeof kGeluPolynomial / sizeof kGeluPolynomial[0]; ++k) {
        const Vec coefficient = broadcast_f32(kGeluPolynomial[k]);
#pragma GCC unroll 16
        for (int i = 0; i < kChains; ++i) q[i] = multiply_add(q[i], s[i], coefficient);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
        const Vec phi = maximum(broadcast_f32(0.0f), multiply_add(z[i], q[i], broadcast_f32(0.5f)));
        store(dst + i * kLanes, multiply(load(src + i * kLanes), phi));
    }
}

// dst[i] = gelu(src[i]) for kCount vectors; src and dst must not overlap: the last group may repeat a few of the others'.
template <int kCount>
FN_INLINE void gelu(const float* src, float* dst) {
    constexpr int kGroups = (kCount + kGeluChains - 1) / kGeluChains;
    constexpr int kChains = (kCount + kGroups - 1) / kGroups;
#pragma GCC unroll 1
    for (int g = 0; g < kGroups; ++g) {
        const int at = g < kGroups - 1 ? g * kChains : kCount - kChains;
        gelu_together<kChains>(src + at * kLanes, dst + at * kLanes);
    }
}

}  // namespace
}  // namespace fasternet::FN_ISA
