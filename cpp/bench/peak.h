#pragma once

#include "kernel/kernels.h"

/**
 * f32 operations per second of one thread that does nothing but multiply-adds on registers, measured for about 50
 * microseconds.
 */
double peak_flops(int32_t isa, fn::Precision precision);
