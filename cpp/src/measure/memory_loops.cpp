// Compiled once per ISA: passes over memory in the ISA's vectors.
#include "measure/loops.h"

#include "kernel/isa/this_isa.h"

namespace FN_NAMESPACE {

extern const fn::MemoryLoop memory_loops[fn::measure_kinds];

namespace {

constexpr int unroll = 8;
constexpr int64_t block = unroll * lanes;
static_assert(fn::memory_block % (block * sizeof(float)) == 0, "arrays are made of whole blocks");

typedef uint32_t Words __attribute__((vector_size(sizeof(Vec))));

/** Calls step(i) for each vector, which begins at element i. */
template <class Step>
FN_INLINE void pass_over(int64_t count, int64_t passes, Step step) {
    for (int64_t pass = 0; pass < passes; pass++) {
        for (int64_t i = 0; i < count; i += block) {
#pragma GCC unroll 8
            for (int j = 0; j < unroll; j++) step(i + j * lanes);
            __asm__ volatile("" ::: "memory");  // else it becomes memcpy, or one pass stands for all
        }
    }
}

uint32_t read(float* a, const float*, const float*, int64_t count, int64_t passes) {
    Words sums[unroll] = {};
    for (int64_t pass = 0; pass < passes; pass++) {
        __asm__ volatile("" : "+r"(a));  // "memory" would have the sums stored after every block
        for (int64_t i = 0; i < count; i += block) {
#pragma GCC unroll 8
            for (int j = 0; j < unroll; j++) sums[j] += reinterpret_cast<Words>(load(a + i + j * lanes));
        }
    }
    uint32_t total = 0;
    for (const Words& sum : sums)
        for (int lane = 0; lane < lanes; lane++) total += sum[lane];
    return total;
}

uint32_t write(float* a, const float*, const float*, int64_t count, int64_t passes) {
    const Vec s = broadcast(fn::memory_scalar);
    pass_over(count, passes, [&](int64_t i) { store(a + i, s); });
    return 0;
}

uint32_t copy(float* a, const float* b, const float*, int64_t count, int64_t passes) {
    pass_over(count, passes, [&](int64_t i) { store(a + i, load(b + i)); });
    return 0;
}

uint32_t triad(float* a, const float* b, const float* c, int64_t count, int64_t passes) {
    const Vec s = broadcast(fn::memory_scalar);
    pass_over(count, passes, [&](int64_t i) { store(a + i, multiply_add(s, load(c + i), load(b + i))); });
    return 0;
}

}  // namespace

const fn::MemoryLoop memory_loops[fn::measure_kinds] = {{1, read}, {1, write}, {2, copy}, {3, triad}};

}  // namespace FN_NAMESPACE
