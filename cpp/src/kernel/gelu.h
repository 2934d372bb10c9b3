#pragma once

// Needs look_up and absolute of the ISA, or else gelu_chains.
#if defined(__AVX512F__)
#include "gelu_table.h"
#else
#include "gelu_polynomial.h"
#endif
