#pragma once

namespace FN_NAMESPACE {
namespace {

/** Four f32 in a type that every compiler lays out in whatever registers the platform's baseline has. */
typedef float Vec __attribute__((vector_size(16)));
constexpr int lanes = 4;

/** Most rows of a register tile, by its vectors per row: 8 to 12 sums, for baselines with 16 registers. */
constexpr int row_limit[4] = {0, 8, 4, 4};

/** Polynomials to evaluate together. */
constexpr int gelu_chains = 4;

FN_INLINE Vec load(const float* p) {
    Vec v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
FN_INLINE void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }

/** The lanes [first, last) of a vector, the only ones that touch memory. */
struct Lanes {
    int first, last;
};
FN_INLINE Lanes lanes_between(int first, int last) { return {first, last}; }
FN_INLINE Vec load(const float* p, Lanes l) {
    if (l.first == 0 && l.last == lanes) return load(p);
    Vec v = {};
    for (int i = l.first; i < l.last; i++) v[i] = p[i];
    return v;
}
FN_INLINE void store(float* p, Vec v, Lanes l) {
    if (l.first == 0 && l.last == lanes) return store(p, v);
    for (int i = l.first; i < l.last; i++) p[i] = v[i];
}

FN_INLINE Vec broadcast(float x) { return Vec{x, x, x, x}; }
FN_INLINE Vec add(Vec a, Vec b) { return a + b; }
FN_INLINE Vec subtract(Vec a, Vec b) { return a - b; }
FN_INLINE Vec multiply(Vec a, Vec b) { return a * b; }
/** Rounded twice: a fused one is a library call where the baseline has no instruction for it. */
FN_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return a * b + c; }
/** Both return b where a or b is a NaN. */
FN_INLINE Vec minimum(Vec a, Vec b) { return a < b ? a : b; }
FN_INLINE Vec maximum(Vec a, Vec b) { return a > b ? a : b; }

FN_INLINE Vec load_u8(const uint8_t* p) {
    return Vec{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]), static_cast<float>(p[3])};
}

FN_INLINE void prefetch(const char* p) { __builtin_prefetch(p, 0, 2); }

}  // namespace
}  // namespace FN_NAMESPACE
