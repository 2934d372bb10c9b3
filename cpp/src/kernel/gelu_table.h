#pragma once

#include "isa/this_isa.h"

/** GELU where a vector of coefficients can be looked up in one instruction. */
namespace FN_NAMESPACE {
namespace {

/**
 * gelu(x) = x / 2 + |x| * (Phi(|x|) - 1/2), Phi the normal distribution: within 1.1 epsilon * |x|. The second factor is
 * a polynomial of degree 4 in the distance of |x| from the nearest multiple of the table's step; row k has the
 * coefficients of power k. Fitted by iteratively reweighted least squares, so nearly minimax, through 0 at 0 and 1/2 at
 * the last multiple: from there on the result is exactly x or 0.
 */
constexpr float gelu_step = 0.35f;
alignas(64) constexpr float gelu_coefficients[5][16] = {
    {0x0.0p+0f, 0x1.183aaap-3f, 0x1.083aaep-2f, 0x1.699dc8p-2f, 0x1.ad4e20p-2f, 0x1.d6fabcp-2f, 0x1.edb4f4p-2f,
     0x1.f8af8ep-2f, 0x1.fd6230p-2f, 0x1.ff2a00p-2f, 0x1.ffc304p-2f, 0x1.fff084p-2f, 0x1.fffc80p-2f,
     0x1.ffff4cp-2f, 0x1.ffffe0p-2f, 0x1.000000p-1f},
    {0x1.988428p-2f, 0x1.803e76p-2f, 0x1.3fbf70p-2f, 0x1.d6cd26p-3f, 0x1.32a542p-3f, 0x1.6165a6p-4f,
     0x1.685134p-5f, 0x1.450350p-6f, 0x1.035cd2p-7f, 0x1.6e3630p-9f, 0x1.c972bap-11f, 0x1.f9836ap-13f,
     0x1.ee3274p-15f, 0x1.ab67c0p-17f, 0x1.46ffc0p-19f, 0x1.dba774p-17f},
    {0x1.2b3fa2p-15f, -0x1.0cf6ecp-4f, -0x1.bfa34ap-4f, -0x1.ee554cp-4f, -0x1.ad4c9cp-4f, -0x1.3538d2p-4f,
     -0x1.7a5646p-5f, -0x1.8e26b6p-6f, -0x1.6b1fe0p-7f, -0x1.2069a2p-8f, -0x1.904f2ap-10f, -0x1.e6a0a0p-12f,
     -0x1.03810cp-13f, -0x1.e64c2cp-16f, -0x1.90b47ap-18f, 0x1.9a31e6p-12f},
    {-0x1.12dfaep-4f, -0x1.bf5726p-5f, -0x1.b25f66p-6f, 0x1.ebd1c8p-9f, 0x1.84aac0p-6f, 0x1.e336eap-6f,
     0x1.98a19cp-6f, 0x1.0f49a0p-6f, 0x1.291ef2p-7f, 0x1.12c45ap-8f, 0x1.b2c0d6p-10f, 0x1.28a6eep-11f,
     0x1.5f147ap-13f, 0x1.69b582p-15f, 0x1.45565ap-17f, 0x1.d5cc5cp-9f},
    {0x1.1474e0p-8f, 0x1.ff983ap-7f, 0x1.73d316p-6f, 0x1.372614p-6f, 0x1.2a060cp-7f, -0x1.5349f6p-12f,
     -0x1.5f4bf0p-8f, -0x1.8c5888p-8f, -0x1.24b436p-8f, -0x1.4df99cp-9f, -0x1.371fc0p-10f, -0x1.e5c660p-12f,
     -0x1.427e2ep-13f, -0x1.6f7b7ap-15f, -0x1.699d4ep-17f, 0x1.4f165ap-7f},
};

FN_INLINE Vec gelu(Vec x) {
    const Vec magnitude = absolute(x);
    const Vec clamped = minimum(broadcast(15 * gelu_step), magnitude);
    // Adding 2^23 rounds to a whole number, in the low bits of the sum.
    const Vec shift = broadcast(0x1p23f);
    const Vec shifted = multiply_add(clamped, broadcast(1 / gelu_step), shift);
    const Vec distance = multiply_add(subtract(shift, shifted), broadcast(gelu_step), clamped);
    Vec p = look_up(gelu_coefficients[4], shifted);
#pragma GCC unroll 4
    for (int k = 3; k >= 0; k--) p = multiply_add(p, distance, look_up(gelu_coefficients[k], shifted));
    return multiply_add(magnitude, p, multiply(x, broadcast(0.5f)));
}

/** dst[i] = gelu(src[i]) for `count` vectors. */
__attribute__((noinline)) void gelu(const float* src, float* dst, int count) {
#pragma GCC unroll 4
    for (int i = 0; i < count; i++) store(dst + i * lanes, gelu(load(src + i * lanes)));
}

}  // namespace
}  // namespace FN_NAMESPACE
