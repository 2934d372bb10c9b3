#pragma once

namespace fn {

inline float to_f32(float value) { return value; }
inline void store_element(float value, float* p) { *p = value; }

}  // namespace fn

#if defined(FN_NAMESPACE)
#define FN_HAS_KERNELS 1
#include "../isa/this_isa.h"
#include "../sum_float.h"

/** f32 as the element that is stored and multiplied. */
namespace FN_NAMESPACE {
namespace {

using Element = float;
using Weight = float;
using Operand = Vec;
constexpr int group = 1;

FN_INLINE Operand broadcast_group(const Element* p, int) { return broadcast(*p); }
FN_INLINE Operand load_groups(const Weight* p, int) { return load(p); }
FN_INLINE Vec multiply_add_groups(Operand a, Operand b, Vec c) { return multiply_add(a, b, c); }

/** Within 2 epsilon * |x| of x * Phi(x). */
struct GeluPolynomial {
    static constexpr float range = 5.25f;
    static constexpr float coefficients[] = {-0x1.eec438p-12f, 0x1.7be2aap-10f, -0x1.a39384p-10f, 0x1.eedeb2p-10f,
                                             -0x1.3a62ccp-8f,  0x1.28af4ep-7f,  -0x1.ae6dcep-7f,  0x1.2c5b4ap-6f,
                                             -0x1.98b680p-6f,  0x1.06a97ep-5f,  -0x1.45d4b0p-5f,  0x1.96aee8p-5f,
                                             -0x1.12f334p-4f,  0x1.13c84ap-3f};
};

}  // namespace
}  // namespace FN_NAMESPACE
#endif
