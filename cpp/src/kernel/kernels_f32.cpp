// Compiled once per ISA.
#include "isa/this_isa.h"

#include "isa/f32.h"

#define FN_KERNELS kernels_f32
#include "table.h"
