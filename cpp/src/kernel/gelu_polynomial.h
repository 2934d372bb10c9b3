#pragma once

#include "isa/this_isa.h"

namespace FN_NAMESPACE {
namespace {

/**
 * gelu(x) = x * Phi(x) with the normal distribution Phi(x) = 1/2 + x * q(s), s = 2 (x / range)^2 - 1, |x| <= range. A
 * polynomial in s, not in x^2: there the coefficients fall and Horner's scheme keeps every bit. Fitted by iteratively
 * reweighted least squares (so nearly minimax in x * q), with the end pinned a little above 1/2, so that gelu(x) is x
 * or 0 beyond the range.
 */
template <class Element>
struct GeluPolynomial;

/** Within 2 epsilon * |x| of x * Phi(x). */
template <>
struct GeluPolynomial<float> {
    static constexpr float range = 5.25f;
    static constexpr float coefficients[] = {-0x1.eec438p-12f, 0x1.7be2aap-10f, -0x1.a39384p-10f, 0x1.eedeb2p-10f,
                                             -0x1.3a62ccp-8f,  0x1.28af4ep-7f,  -0x1.ae6dcep-7f,  0x1.2c5b4ap-6f,
                                             -0x1.98b680p-6f,  0x1.06a97ep-5f,  -0x1.45d4b0p-5f,  0x1.96aee8p-5f,
                                             -0x1.12f334p-4f,  0x1.13c84ap-3f};
};

/** Within 2^-14 * |x|: a sixteenth of what rounding the result to bf16 adds. */
template <>
struct GeluPolynomial<fn::Bf16> {
    static constexpr float range = 4.0f;
    static constexpr float coefficients[] = {-0x1.59f0e2p-9f, 0x1.1a0550p-7f, -0x1.bea6dap-7f, 0x1.5b1d2ep-6f,
                                             -0x1.28d948p-5f, 0x1.cc1a62p-5f, -0x1.59ae20p-4f, 0x1.685522p-3f};
};

/**
 * dst[i] = gelu(src[i]), several vectors step by step together: one polynomial is a chain of operations that wait for
 * each other, and a CPU's schedulers are too small to find enough others further on in the program.
 */
template <class Element, int chains>
FN_INLINE void gelu_together(const float* src, float* dst) {
    using Polynomial = GeluPolynomial<Element>;
    constexpr float range = Polynomial::range;
    constexpr int terms = sizeof Polynomial::coefficients / sizeof(float);
    Vec z[chains], s[chains], q[chains];
#pragma GCC unroll 16
    for (int i = 0; i < chains; i++) {
        z[i] = maximum(broadcast(-range), minimum(broadcast(range), load(src + i * lanes)));
        s[i] = multiply_add(multiply(z[i], z[i]), broadcast(2 / (range * range)), broadcast(-1));
        q[i] = broadcast(Polynomial::coefficients[0]);
    }
#pragma GCC unroll 16
    for (int k = 1; k < terms; k++) {
        const Vec coefficient = broadcast(Polynomial::coefficients[k]);
#pragma GCC unroll 16
        for (int i = 0; i < chains; i++) q[i] = multiply_add(q[i], s[i], coefficient);
    }
#pragma GCC unroll 16
    for (int i = 0; i < chains; i++) {
        const Vec phi = maximum(broadcast(0), multiply_add(z[i], q[i], broadcast(0.5f)));
        store(dst + i * lanes, multiply(load(src + i * lanes), phi));
    }
}

/**
 * dst[i] = gelu(src[i]) for `count` vectors. The two may not overlap: the last group repeats some of the one before.
 */
template <class Element>
__attribute__((noinline)) void gelu(const float* src, float* dst, int count) {
    if (count < gelu_chains) {
        for (int i = 0; i < count; i++) gelu_together<Element, 1>(src + i * lanes, dst + i * lanes);
        return;
    }
    for (int i = 0; i < count; i += gelu_chains) {
        const int at = (i + gelu_chains <= count ? i : count - gelu_chains) * lanes;
        gelu_together<Element, gelu_chains>(src + at, dst + at);
    }
}

}  // namespace
}  // namespace FN_NAMESPACE
