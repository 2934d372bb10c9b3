// Compiled once per ISA: a loop of multiply-adds on as many registers as hide their latency.
#include "kernel/isa/this_isa.h"

#include "kernel/isa/f32.h"

namespace FN_NAMESPACE {

extern const int64_t peak_operations;  // of one turn in f32; in bf16 it does four times as many
constexpr int chains = 12;
const int64_t peak_operations = int64_t{2} * lanes * chains;

void peak_loop_f32(int64_t turns);
void peak_loop_f32(int64_t turns) {
    Vec c[chains];
    Vec a = broadcast(0.999f), b = broadcast(1e-4f);
    __asm__ volatile("" : "+m"(a), "+m"(b));
#pragma GCC unroll 12
    for (int i = 0; i < chains; i++) {
        c[i] = a;
        __asm__ volatile("" : "+m"(c[i]));  // chains the compiler knew to be equal would become one
    }
    for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 12
        for (int i = 0; i < chains; i++) c[i] = multiply_add(c[i], a, b);
    }
#pragma GCC unroll 12
    for (int i = 0; i < chains; i++) {
        Vec result = c[i];
        __asm__ volatile("" : "+m"(result));
    }
}

void peak_loop_bf16(int64_t turns);
#if defined(__AVX512BF16__)
void peak_loop_bf16(int64_t turns) {
    constexpr int bf16_chains = 2 * chains;  // the latency is longer than that of an f32 multiply-add
    __m512 c[bf16_chains];
    __m512i a = _mm512_set1_epi32(0x3f803f80), b = a;
    __asm__ volatile("" : "+m"(a), "+m"(b));
#pragma GCC unroll 24
    for (int i = 0; i < bf16_chains; i++) {
        c[i] = _mm512_setzero_ps();
        __asm__ volatile("" : "+m"(c[i]));
    }
    for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 24
        for (int i = 0; i < bf16_chains; i++) {
            c[i] = _mm512_dpbf16_ps(c[i], reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
        }
    }
#pragma GCC unroll 24
    for (int i = 0; i < bf16_chains; i++) __asm__ volatile("" : "+m"(c[i]));
}
#else
void peak_loop_bf16(int64_t) {}
#endif

}  // namespace FN_NAMESPACE
