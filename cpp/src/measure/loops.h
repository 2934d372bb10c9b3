#pragma once

#include "fasternet_measure.h"

/*
 * The loops that are timed. Files compiled for one ISA include this header: it must not make the compiler emit an inline
 * function.
 */

namespace fn {

/** Multiply-adds on registers. */
struct ComputeLoop {
    const char* instruction;  // nullptr: the ISA has none for the type
    uint64_t required;        // mask of fn_cpu_feature the CPU needs beside the ISA's own
    int64_t operations;       // of one turn: two for every multiply-add of a lane
    /** Multiplies ones and adds up the products from zero: @return their sum, which is half the operations done. */
    double (*run)(int64_t turns);
};

/** One pass after another over arrays. */
struct MemoryLoop {
    int32_t arrays;  // a alone, a and b, or all three
    /**
     * @param count elements of each array, a multiple of memory_block / 4
     * @return the sum of what was read as 32-bit integers, for FN_MEASURE_READ
     */
    uint32_t (*run)(float* a, const float* b, const float* c, int64_t count, int64_t passes);
};

/** By fn_measure_type. */
constexpr const char* type_names[] = {"f32", "bf16", "int8"};
constexpr int32_t measure_types = sizeof type_names / sizeof *type_names;
constexpr int32_t measure_kinds = FN_MEASURE_TRIAD + 1;

/** Arrays are as many bytes as a multiple of this: eight of the widest vectors. */
constexpr int64_t memory_block = 512;

/** s of the kinds that need one. */
constexpr float memory_scalar = 3;

/** FN_UNSUPPORTED, with a sentence, if this CPU cannot run the loop. `isa` and `type` may have any value. */
fn_status find_compute_loop(int32_t isa, int32_t type, const ComputeLoop** loop);

/** Likewise. */
fn_status find_memory_loop(int32_t isa, int32_t kind, const MemoryLoop** loop);

}  // namespace fn
