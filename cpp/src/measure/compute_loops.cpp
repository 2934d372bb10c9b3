// Compiled once per ISA: multiply-adds on as many registers as hide their latency.
#include "measure/loops.h"

#include "kernel/isa/this_isa.h"

namespace FN_NAMESPACE {

extern const fn::ComputeLoop compute_loops[fn::measure_types];

namespace {

/**
 * Sums that are added to in turn. The most that are needed: two bf16 dot products of latency 6 per cycle (Zen 5), four NEON
 * multiply-adds of latency 4; with 16 registers, two of latency 5 (Haswell), or a multiply and an add one after the other.
 */
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int chains = 24;
#else
constexpr int chains = 12;
#endif

typedef int32_t IntSums __attribute__((vector_size(sizeof(Vec))));
typedef int8_t Int8s __attribute__((vector_size(sizeof(Vec))));

/** Operations of one turn, by how many products an instruction adds to each lane. */
constexpr int64_t operations(int products) { return int64_t{2} * chains * lanes * products; }

/** `ones` is multiplied with itself. */
template <class Sum, class Factors, class Step>
FN_INLINE double run_chains(int64_t turns, Factors ones, Step step) {
    Factors a = ones, b = ones;
    __asm__ volatile("" : "+m"(a), "+m"(b));
    Sum sums[chains];
#pragma GCC unroll 24
    for (int i = 0; i < chains; i++) {
        sums[i] = Sum{};
        __asm__ volatile("" : "+m"(sums[i]));  // chains the compiler knew to be equal would become one
    }
    for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 24
        for (int i = 0; i < chains; i++) sums[i] = step(sums[i], a, b);
    }
    Sum total = sums[0];
#pragma GCC unroll 24
    for (int i = 1; i < chains; i++) total += sums[i];
    double sum = 0;
    for (int lane = 0; lane < lanes; lane++) sum += static_cast<double>(total[lane]);
    return sum;
}

/** The sum is what is multiplied: where there is no fused instruction, a product of constants would leave the loop. */
double run_f32(int64_t turns) {
    return run_chains<Vec>(turns, broadcast(1), [](Vec sum, Vec a, Vec b) { return multiply_add(sum, a, b); });
}

#if defined(__AVX512BF16__)
#define FN_BF16_INSTRUCTION "vdpbf16ps"
constexpr int bf16_products = 2;
double run_bf16(int64_t turns) {
    return run_chains<Vec>(turns, _mm512_set1_epi16(0x3f80), [](Vec sum, __m512i a, __m512i b) {
        return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
    });
}
#elif defined(FN_NEON) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
// A matrix product: twice a bfdot's work, at no less than half its rate.
#define FN_BF16_INSTRUCTION "bfmmla"
constexpr int bf16_products = 4;
double run_bf16(int64_t turns) {
    // Ones are bits until they are multiplied: GCC 12 loads a bf16 constant of 1 by an instruction for f16.
    return run_chains<Vec>(turns, vdupq_n_u16(0x3f80), [](Vec sum, uint16x8_t a, uint16x8_t b) {
        return vbfmmlaq_f32(sum, vreinterpretq_bf16_u16(a), vreinterpretq_bf16_u16(b));
    });
}
#endif

// In assembler, since no ISA here is compiled for these instructions: the CPU is asked for them apart.
#if defined(__AVX512F__)
#define FN_INT8_INSTRUCTION "vpdpbusd"
#define FN_INT8_ASSEMBLER "vpdpbusd %2, %1, %0"
#define FN_INT8_REGISTER "v"
constexpr uint64_t int8_required = FN_CPU_AVX512_VNNI;
constexpr int int8_products = 4;
#elif defined(__AVX2__)
#define FN_INT8_INSTRUCTION "vpdpbusd"
#define FN_INT8_ASSEMBLER "%{vex%} vpdpbusd %2, %1, %0"
#define FN_INT8_REGISTER "x"
constexpr uint64_t int8_required = FN_CPU_AVX_VNNI;
constexpr int int8_products = 4;
#elif defined(FN_NEON) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#define FN_INT8_INSTRUCTION "smmla"
#define FN_INT8_ASSEMBLER ".arch_extension i8mm\n\tsmmla %0.4s, %1.16b, %2.16b"
#define FN_INT8_REGISTER "w"
constexpr uint64_t int8_required = FN_CPU_I8MM;
constexpr int int8_products = 8;
#elif defined(FN_NEON)
#define FN_INT8_INSTRUCTION "sdot"
#define FN_INT8_ASSEMBLER ".arch armv8.2-a+dotprod\n\tsdot %0.4s, %1.16b, %2.16b"
#define FN_INT8_REGISTER "w"
constexpr uint64_t int8_required = FN_CPU_DOTPROD;
constexpr int int8_products = 4;
#endif

#if defined(FN_INT8_ASSEMBLER)
double run_int8(int64_t turns) {
    return run_chains<IntSums>(turns, Int8s{} + int8_t{1}, [](IntSums sum, Int8s a, Int8s b) {
        __asm__(FN_INT8_ASSEMBLER : "+" FN_INT8_REGISTER(sum) : FN_INT8_REGISTER(a), FN_INT8_REGISTER(b));
        return sum;
    });
}
#endif

#if defined(__FMA__)
#define FN_F32_INSTRUCTION "vfmadd"
#elif defined(FN_NEON)
#define FN_F32_INSTRUCTION "fmla"
#else
#define FN_F32_INSTRUCTION "multiply, add"
#endif

}  // namespace

const fn::ComputeLoop compute_loops[fn::measure_types] = {
    {FN_F32_INSTRUCTION, 0, operations(1), run_f32},
#if defined(FN_BF16_INSTRUCTION)
    {FN_BF16_INSTRUCTION, 0, operations(bf16_products), run_bf16},
#else
    {},
#endif
#if defined(FN_INT8_INSTRUCTION)
    {FN_INT8_INSTRUCTION, int8_required, operations(int8_products), run_int8},
#else
    {},
#endif
};

}  // namespace FN_NAMESPACE
