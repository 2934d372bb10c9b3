#pragma once

#if defined(__AVX512F__)
#include "gelu_table.h"
#else
#include "gelu_polynomial.h"
#endif
