#ifndef FASTERNET_MEASURE_H
#define FASTERNET_MEASURE_H

/*
 * What the CPU can do at most: multiply-adds on registers, and bytes to and from a working set; what it counts meanwhile, and
 * which CPU a thread runs on. The conventions are those of fasternet.h.
 *
 * A measurement starts its threads, each pinned to a CPU of its own of the caller's affinity mask (one per core before a second
 * one on any core), and the caller waits. All of them work without a pause through windows of time that are the same for all, up
 * to one piece of work of some microseconds: the first window is the warm-up, each further one a round. The figure of a round
 * is the sum of what each thread did per second.
 */

#include "fasternet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is multiplied, and added up in f32 or, for int8, in 32-bit integers. */
typedef enum fn_measure_type {
    FN_MEASURE_F32 = 0,
    FN_MEASURE_BF16 = 1,
    FN_MEASURE_INT8 = 2
} fn_measure_type;

/** Name of the type with this number, from 0 upwards: "f32"; NULL past the last one. Lives as long as the library. */
FN_API const char* fn_measure_type_name(int32_t type);

/**
 * What is done with arrays a, b, c of f32, in vectors as wide as the ISA's, by ordinary loads and stores: none bypasses the
 * caches. Bytes are counted as STREAM does (McCalpin): those the program asks for, not the line that a cache reads before it
 * is overwritten.
 */
typedef enum fn_measure_kind {
    /** The sum of a, as 32-bit integers: 4 bytes per element. */
    FN_MEASURE_READ = 0,
    /** a = s: 4 bytes per element. */
    FN_MEASURE_WRITE = 1,
    /** a = b: 8 bytes per element. */
    FN_MEASURE_COPY = 2,
    /** a = b + s * c: 12 bytes per element. */
    FN_MEASURE_TRIAD = 3
} fn_measure_kind;

/** How a measurement is done. */
typedef struct fn_measure_options {
    /** An ISA of fn_isa_select(). */
    int32_t isa;
    /** From 1 to the number of CPUs in the calling thread's affinity mask. */
    int32_t threads;
    /** Rounds after the warm-up, which lasts as long as one of them; at least 1. */
    int32_t rounds;
    /** Least duration of a round; at least 1. Under a millisecond, a thread that wakes up late spoils it. */
    int64_t round_ns;
} fn_measure_options;

/**
 * The instruction that fn_measure_compute() repeats; NULL if there is no such ISA or type, or this CPU cannot run the ISA or
 * lacks the instruction; fn_last_error() then says which. AMX tiles are in no ISA. Lives as long as the library.
 */
FN_API const char* fn_measure_instruction(int32_t isa, int32_t type);

/**
 * Multiply-adds on registers, in as many independent chains as hide their latency.
 *
 * @param type       an fn_measure_type
 * @param per_second gets, for each round, operations per second: a multiply-add of one lane is two
 * @return FN_UNSUPPORTED if the CPU or the ISA has no instruction for it, or the system refuses a thread or its pinning
 */
FN_API fn_status fn_measure_compute(const fn_measure_options* options, int32_t type, double* per_second);

/**
 * Passes over memory that each thread has to itself and has touched first.
 *
 * @param kind       an fn_measure_kind
 * @param bytes      working set of each thread, all its arrays together: at least 2048; what does not divide into arrays of whole
 *                   blocks of 512 is left out
 * @param per_second gets, for each round, bytes per second
 * @return FN_UNSUPPORTED as fn_measure_compute()
 */
FN_API fn_status fn_measure_memory(const fn_measure_options* options, int32_t kind, int64_t bytes, double* per_second);

/**
 * Nanoseconds for which a cache line is on its way from one CPU to another and back, the median of some rounds: what a step costs at
 * least at whose end threads meet. The CPUs are the first two of the caller's affinity mask, of two cores. The host of a virtual
 * machine may put them on other cores at any time: 100 ns where they have a cache in common, 500 where they have none.
 *
 * @return FN_UNSUPPORTED if there is one CPU, or the system refuses the threads
 */
FN_API fn_status fn_measure_round_trip(double* nanoseconds);

/** What the CPUs count of this process's threads. */
typedef enum fn_counter {
    FN_COUNTER_CYCLES = 0,
    FN_COUNTER_INSTRUCTIONS = 1,
    /** Reads and writes that the last cache did not have. */
    FN_COUNTER_LLC_MISSES = 2,
    /** Nanoseconds for which the threads had a CPU, all together. */
    FN_COUNTER_CPU_NS = 3,
    FN_COUNTERS = 4
} fn_counter;

/**
 * Begins to count, outside of the kernel but for the time, what the process's threads do: those that are there, and those that they
 * start. What the machine or the system does not count is told by fn_counters_missing().
 *
 * @param counters gets a handle for the functions below, for one thread at a time
 */
FN_API fn_status fn_counters_start(int64_t* counters);

/**
 * @param values gets, for each fn_counter, the count since the start; 0 where it is not counted. Counters that take turns on the
 *               hardware are scaled up to the whole time.
 */
FN_API fn_status fn_counters_read(int64_t counters, double* values);

/** Why a counter is not counted here, in a sentence; NULL if it is. Lives until the next call for this handle. */
FN_API const char* fn_counters_missing(int64_t counters, int32_t counter);

/** Ends it. 0 is ignored. */
FN_API void fn_counters_stop(int64_t counters);

/**
 * Pins the calling thread and the workers of programs on so many threads, each to a CPU of its own of the caller's affinity mask,
 * one per core before a second one on any core; until fn_threads_unpin(). For one thread at a time, while no program runs.
 *
 * @param threads 1 to the number of CPUs in the mask, else FN_UNSUPPORTED; also if the system refuses
 */
FN_API fn_status fn_threads_pin(int32_t threads);

/** Lets the calling thread, and as many workers, run on all CPUs that were in its mask when they were pinned. */
FN_API fn_status fn_threads_unpin(void);

#ifdef __cplusplus
}
#endif

#endif
