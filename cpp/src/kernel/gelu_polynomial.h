#pragma once

#include "isa/this_isa.h"

namespace FN_NAMESPACE {
namespace {

/**
 * gelu(x) = x * Phi(x) with the normal distribution Phi(x) = 1/2 + x * q(s), s = 2 (x / range)^2 - 1, |x| <= range. A
 * polynomial in s, not in x^2: there the coefficients fall and Horner's scheme keeps every bit. Fitted by iteratively
 * reweighted least squares (so nearly minimax in x * q), with the end pinned a little above 1/2, so that gelu(x) is x
 * or 0 beyond the range. Each element has coefficients for its own precision, GeluPolynomial.
 *
 * dst[i] = gelu(src[i]), several vectors step by step together: one polynomial is a chain of operations that wait for
 * each other, and a CPU's schedulers are too small to find enough others further on in the program.
 */
template <int chains>
FN_INLINE void gelu_together(const float* src, float* dst) {
    constexpr float range = GeluPolynomial::range;
    constexpr int terms = sizeof GeluPolynomial::coefficients / sizeof(float);
    Vec z[chains], s[chains], q[chains];
#pragma GCC unroll 16
    for (int i = 0; i < chains; i++) {
        z[i] = maximum(broadcast(-range), minimum(broadcast(range), load(src + i * lanes)));
        s[i] = multiply_add(multiply(z[i], z[i]), broadcast(2 / (range * range)), broadcast(-1));
        q[i] = broadcast(GeluPolynomial::coefficients[0]);
    }
#pragma GCC unroll 16
    for (int k = 1; k < terms; k++) {
        const Vec coefficient = broadcast(GeluPolynomial::coefficients[k]);
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
__attribute__((noinline)) void gelu(const float* src, float* dst, int count) {
    if (count < gelu_chains) {
        for (int i = 0; i < count; i++) gelu_together<1>(src + i * lanes, dst + i * lanes);
        return;
    }
    for (int i = 0; i < count; i += gelu_chains) {
        const int at = (i + gelu_chains <= count ? i : count - gelu_chains) * lanes;
        gelu_together<gelu_chains>(src + at, dst + at);
    }
}

}  // namespace
}  // namespace FN_NAMESPACE
