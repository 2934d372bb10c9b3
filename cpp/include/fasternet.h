#ifndef FASTERNET_H
#define FASTERNET_H

/*
 * The C interface of libfasternet.
 *
 * Errors      A function that can fail returns fn_status and leaves a sentence for fn_last_error(). Nothing here prints, aborts,
 *             or lets a C++ exception out.
 * Threads     Every function may be called from any thread at any time unless its comment says otherwise.
 * Ownership   Strings returned are owned by the library, end in NUL and are UTF-8; how long they live is said beside each.
 * Pointers    Must not be NULL unless the comment says what NULL means.
 */

#include <stdint.h>

#define FN_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version and errors ------------------------------------------------------------------------------------------------- */

typedef enum fn_status {
    /** Done. */
    FN_OK = 0,
    /** An argument has a value that no machine would accept. */
    FN_INVALID_ARGUMENT = 1,
    /** What was asked for, by an argument or an environment variable, does not exist in this build or on this CPU. */
    FN_UNSUPPORTED = 2,
    /** Memory was refused. What existed before the call is unchanged. */
    FN_OUT_OF_MEMORY = 3,
    /** A fault in the library itself. */
    FN_INTERNAL = 4
} fn_status;

/** Version of this interface: raised by every release that changes a declaration below. */
FN_API int32_t fn_abi_version(void);

/**
 * The sentence of the last call that failed on the calling thread, "" if none has. A call that succeeds leaves it alone.
 * Valid until the next failing call on this thread.
 */
FN_API const char* fn_last_error(void);

/* ---- The CPU ------------------------------------------------------------------------------------------------------------ */

/** Bits of fn_cpu_features(). */
typedef enum fn_cpu_feature {
    FN_CPU_AVX2 = 1 << 0,
    FN_CPU_FMA = 1 << 1,
    FN_CPU_F16C = 1 << 2,
    FN_CPU_AVX_VNNI = 1 << 3,
    FN_CPU_AVX512F = 1 << 4,
    FN_CPU_AVX512BW = 1 << 5,
    FN_CPU_AVX512DQ = 1 << 6,
    FN_CPU_AVX512VL = 1 << 7,
    FN_CPU_AVX512_VNNI = 1 << 8,
    FN_CPU_AVX512_BF16 = 1 << 9,
    FN_CPU_AVX512_FP16 = 1 << 10,
    FN_CPU_AMX_TILE = 1 << 11,
    FN_CPU_AMX_BF16 = 1 << 12,
    FN_CPU_AMX_INT8 = 1 << 13,
    FN_CPU_NEON = 1 << 16,
    FN_CPU_BF16 = 1 << 17,
    FN_CPU_I8MM = 1 << 18,
    FN_CPU_SVE = 1 << 19
} fn_cpu_feature;

/**
 * What both the CPU can do and the operating system has enabled (it saves the registers on a context switch), as a mask of
 * fn_cpu_feature. AMX counts as enabled when the kernel supports its state; a process must still ask the kernel for permission.
 */
FN_API uint64_t fn_cpu_features(void);

/** Lower-case name of bit number `bit` of fn_cpu_features(), as Linux writes it in /proc/cpuinfo; NULL if it has no meaning. */
FN_API const char* fn_cpu_feature_name(int32_t bit);

/** The CPU's model name, or what is known of it. Lives as long as the library. */
FN_API const char* fn_cpu_model(void);

/** How many CPUs there are and how many of them this process may use. */
typedef struct fn_cpu_count {
    /** CPUs that are online. */
    int32_t hardware;
    /** CPUs in the calling thread's affinity mask; cpusets show here. */
    int32_t affinity;
    /** How many CPUs' time the tightest quota of the process's cgroup and its ancestors allows; 0: no quota. */
    double quota;
    /** The least of the above, the quota rounded up, and at least 1. */
    int32_t usable;
} fn_cpu_count;

/** Reads the limits as they are now. */
FN_API fn_status fn_cpu_count_get(fn_cpu_count* count);

/** Bytes of the first CPU's data or unified cache of a level (1 is nearest); 0 if there is none or it is not known. */
FN_API int64_t fn_cpu_cache_bytes(int32_t level);

/* ---- ISAs: the instruction sets kernels are compiled for ---------------------------------------------------------------- */

/** Name of the ISA with this number, from 0 (portable) upwards to the most demanding; NULL past the last one of this platform. */
FN_API const char* fn_isa_name(int32_t isa);

/**
 * Chooses the ISA to compute with.
 *
 * NULL chooses the most demanding one the CPU can run, but none above the one that the environment variable FASTERNET_MAX_ISA
 * names, if set. A name chooses that ISA or fails: FN_UNSUPPORTED if this platform has none of that name, the CPU cannot run it,
 * or the cap excludes it. A cap of unknown name is FN_UNSUPPORTED in every case.
 */
FN_API fn_status fn_isa_select(const char* name, int32_t* isa);

#ifdef __cplusplus
}
#endif

#endif
