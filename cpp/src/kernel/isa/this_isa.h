#pragma once

/*
 * The vectors of the ISA this file is compiled for. Each header defines the same names in the ISA's namespace:
 *
 *   Vec, lanes                         a vector of f32 and how many it holds
 *   row_limit                          how much of a product fits the registers
 *   load, store, Lanes, lanes_between  whole vectors and parts of them
 *   broadcast, add, subtract, multiply, multiply_add, minimum, maximum, load_u8, prefetch
 *
 * and what its way to compute GELU needs: see gelu.h.
 */

/**
 * A kernel keeps a tile of vectors in a local array: what it hands the array to must be inlined, or the array lives in
 * memory.
 */
#define FN_INLINE inline __attribute__((always_inline))

#include "../kernels.h"

#if defined(__AVX512F__)
#include "avx512.h"
#elif defined(__AVX2__)
#include "avx2.h"
#elif defined(FN_NEON)
#include "neon.h"
#else
#include "portable.h"
#endif
