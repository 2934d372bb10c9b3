#ifndef FASTERNET_H
#define FASTERNET_H

/*
 * The C interface of libfasternet.
 *
 * Errors      A function that can fail returns fn_status and leaves a sentence for fn_last_error(). Nothing here
 * prints, aborts,
 *             or lets a C++ exception out.
 * Threads     Every function may be called from any thread at any time unless its comment says otherwise. Ownership
 * Strings returned are owned by the library, end in NUL and are UTF-8; how long they live is said beside each. Pointers
 * Must not be NULL unless the comment says what NULL means.
 */

#include <stdint.h>

#if defined(_WIN32)
#define FN_API __declspec(dllexport)
#else
#define FN_API __attribute__((visibility("default")))
#endif

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
#define FN_ABI_VERSION 5

/** The FN_ABI_VERSION that the library was compiled with: who calls another one must not call anything else. */
FN_API int32_t fn_abi_version(void);

/**
 * The sentence of the last call that failed on the calling thread, "" if none has. A call that succeeds leaves it
 * alone. Valid until the next failing call on this thread.
 */
FN_API const char* fn_last_error(void);

/* ---- Memory outside the Java heap --------------------------------------------------------------------------------------- */

/**
 * Zeroed memory aligned to 64 bytes, on huge pages where it fills some and the kernel grants them; NULL if it was refused.
 * Release with fn_free.
 */
FN_API void* fn_alloc(int64_t bytes);

/**
 * NULL is allowed.
 *
 * @param bytes as many as were allocated
 */
FN_API void fn_free(void* memory, int64_t bytes);

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
    FN_CPU_AVX512_VBMI = 1 << 14,
    FN_CPU_AVX_NE_CONVERT = 1 << 15,
    FN_CPU_NEON = 1 << 16,
    FN_CPU_BF16 = 1 << 17,
    FN_CPU_I8MM = 1 << 18,
    FN_CPU_SVE = 1 << 19,
    FN_CPU_DOTPROD = 1 << 20
} fn_cpu_feature;

/**
 * What both the CPU can do and the operating system has enabled (it saves the registers on a context switch), as a mask
 * of fn_cpu_feature. AMX counts as enabled when the kernel supports its state; a process must still ask the kernel for
 * permission.
 */
FN_API uint64_t fn_cpu_features(void);

/**
 * Lower-case name of bit number `bit` of fn_cpu_features(), as Linux writes it in /proc/cpuinfo, where it does; NULL if it
 * has no meaning.
 */
FN_API const char* fn_cpu_feature_name(int32_t bit);

/** The CPU's model name, or what is known of it. Lives as long as the library. */
FN_API const char* fn_cpu_model(void);

/** How many CPUs there are and how many of them this process may use. */
typedef struct fn_cpu_count {
    /** CPUs that are online. */
    int32_t hardware;
    /** CPUs in the calling thread's affinity mask; cpusets show here. */
    int32_t affinity;
    /** How many CPUs' time the tightest quota of the process's cgroup and its ancestors, on Windows of its job, allows; 0: none. */
    double quota;
    /** The least of the above, the quota rounded up, and at least 1. */
    int32_t usable;
} fn_cpu_count;

/** Reads the limits as they are now. */
FN_API fn_status fn_cpu_count_get(fn_cpu_count* count);

/** Bytes of the first CPU's data or unified cache of a level (1 is nearest); 0 if there is none or it is not known. */
FN_API int64_t fn_cpu_cache_bytes(int32_t level);

/* ---- ISAs: the instruction sets kernels are compiled for ---------------------------------------------------------------- */

/**
 * Name of the ISA with this number, from 0 (portable) upwards to the most demanding; NULL past the last one of this
 * platform.
 */
FN_API const char* fn_isa_name(int32_t isa);

/**
 * Chooses the ISA to compute with.
 *
 * NULL chooses the most demanding one the CPU can run, but none above the one that the environment variable
 * FASTERNET_MAX_ISA names, if set. A name chooses that ISA or fails: FN_UNSUPPORTED if this platform has none of that
 * name, the CPU cannot run it, or the cap excludes it; the sentence lists those that can be chosen. A cap of unknown name
 * is FN_UNSUPPORTED in every case.
 */
FN_API fn_status fn_isa_select(const char* name, int32_t* isa);

/* ---- Models: layers and their packed weights ---------------------------------------------------------------------------- */

/** How numbers are stored and multiplied. */
typedef enum fn_precision {
    FN_F32 = 0,
    /** Weights and tensors in bf16: the upper half of an f32. Sums are f32. */
    FN_BF16 = 1,
    /**
     * Tensors of 8 bits without sign, each value q standing for (q - zero point) * scale; weights of 8 bits with a sign, -127 to
     * 127; sums are 32-bit integers, which wrap around. See fn_model_quantize.
     */
    FN_INT8 = 2
} fn_precision;

/** Name of the precision with this number, from 0 upwards: "f32"; NULL past the last one. Lives as long as the library. */
FN_API const char* fn_precision_name(int32_t precision);

typedef enum fn_activation {
    FN_NONE = 0,
    FN_RELU = 1,
    /** x * Phi(x), Phi the normal distribution: the exact form with erf. */
    FN_GELU = 2
} fn_activation;

/** How pixels lie in the caller's memory. N: images, C: channels, H: rows, W: pixels of a row. */
typedef enum fn_layout {
    FN_NCHW_F32 = 0,
    FN_NHWC_F32 = 1,
    /** 8 bits per channel, 0 to 255. Written by models in FN_INT8 alone. */
    FN_NHWC_U8 = 2,
    /** Not read by fn_model_add_pixel_conv. */
    FN_NHWC_BF16 = 3
} fn_layout;

/** How an output is written to the caller's memory. */
typedef enum fn_write {
    FN_STORE = 0,
    /** The result is added to what is there. */
    FN_ADD = 1,
    /** Only the channels that a 3x3 convolution touched are stored: for a program whose destination is its source. */
    FN_STORE_TOUCHED = 2
} fn_write;

/**
 * A chain of layers and their weights, packed for one precision and ISA. Programs of any input size, in any threads,
 * share it.
 *
 * Built by one thread: create, add the layers in order, finish. Weights are f32 in PyTorch's order
 * ([out][in][row][column], dense); they are packed or copied by the call. A bias may be NULL: zeros.
 */
typedef struct fn_model fn_model;

/**
 * @param precision an fn_precision
 * @param isa       of fn_isa_select; FN_UNSUPPORTED if it has no kernels of that precision
 * @param threads   1 to 1024: on how many weights are packed, at most
 */
FN_API fn_status fn_model_create(int32_t precision, int32_t isa, int32_t threads, fn_model** model);

/**
 * Of a model in FN_INT8: how the sums of the next layer become 8 bits. Called before the layer is added, once for every matrix it
 * has: once before a convolution, a pointwise layer or a pool, three times before a block (conv, expand, project). With
 * `sum` the products of 8-bit values and weights,
 *
 *     q = table[saturate(round(f32(sum + bias[c]) * scale[c] + (f32(x) - zero_point) * residual_scale) + zero_point)]
 *
 * where x is what the result is added to, if it is; f32 operations each round to nearest, ties to even, round() does so too, and
 * saturate() is to 0 and 255. A pool has the mean over all pixels in place of the sum. So results are the same bits on every ISA and
 * for any number of threads. The weights given to the layer are whole numbers; its own bias and activation are none.
 *
 * @param channels       of the result
 * @param bias           per channel: with what zero points of what is read take away
 * @param scale          per channel: 0 to 1/2, so that no product exceeds what an integer holds
 * @param residual_scale 0 to 2^16
 * @param zero_point     of the result, 0 to 255; of a block's conv and project, and of a layer that adds to what it reads, that of
 *                       what is read. FN_DEQUANTIZE, for a pointwise layer whose result is handed to the caller and nowhere else:
 *                       f32(sum + bias[c]) * scale[c], with any finite scale
 * @param table          256 values, the activation; NULL: none. Not with a residual
 */
#define FN_DEQUANTIZE (-1)
FN_API fn_status fn_model_quantize(fn_model* model, int32_t channels, const int32_t* bias, const float* scale,
                                   float residual_scale, int32_t zero_point, const uint8_t* table);

/**
 * Of a model in FN_INT8, before the first layer: what 8 bits the source's values become or are. f32 is rounded to
 * saturate(round(x * inverse_scale) + zero_point), a NaN to 255; 8-bit values are read as they are.
 */
FN_API fn_status fn_model_quantize_src(fn_model* model, float inverse_scale, int32_t zero_point);

/** First layer: the caller's pixels as they are, from any layout but FN_NHWC_U8; in FN_INT8 from that one alone. */
FN_API fn_status fn_model_add_input(fn_model* model, int32_t channels);

/**
 * First layer: convolution kernel x kernel at stride kernel of the caller's pixels (no padding; what is left of a row
 * or column is dropped). May be added once for each layout, with weights of its own: a program uses the one of its
 * layout.
 *
 * @param layout  an fn_layout
 * @param weights [channels][in_channels][kernel][kernel]
 */
FN_API fn_status fn_model_add_pixel_conv(fn_model* model, int32_t layout, int32_t in_channels, int32_t channels,
                                         int32_t kernel, const float* weights, const float* bias);

/** The same convolution of the result so far. */
FN_API fn_status fn_model_add_patch_conv(fn_model* model, int32_t channels, int32_t kernel, const float* weights,
                                         const float* bias);

/**
 * A FasterNet block: x + project * activation(expand * [conv3x3(x1), x2] + expand_bias), where x1 is the first
 * `partial` channels of x and x2 the others. The convolution has stride 1 and a border of zeros. All blocks on a tensor
 * have the same `partial`.
 *
 * The convolution is computed by Winograd's F(2x2, 3x3), whatever the size: rounding errors in f32 are no larger than those
 * of adding up nine products per channel, in bf16 up to twice as large. A NaN or an infinity makes neighbours NaN that are
 * two pixels away, too.
 *
 * @param activation an fn_activation
 * @param conv       [partial][partial][3][3]
 * @param expand     [hidden][channels]
 * @param project    [channels][hidden]
 */
FN_API fn_status fn_model_add_block(fn_model* model, int32_t partial, int32_t hidden, int32_t activation,
                                    const float* conv, const float* expand, const float* expand_bias, const float* project);

/** [conv3x3(x1), x2] of a block alone, computed as there. */
FN_API fn_status fn_model_add_partial_conv(fn_model* model, int32_t partial, const float* weights);

/**
 * activation(weights * x + bias) at every pixel, also for linear layers behind the pool.
 *
 * @param activation an fn_activation
 * @param weights    [channels][channels so far]
 * @param residual   not 0: x is added to the result, which has as many channels
 */
FN_API fn_status fn_model_add_pointwise(fn_model* model, int32_t channels, int32_t activation, int32_t residual,
                                        const float* weights, const float* bias);

/** The mean over all pixels of an image, which is one pixel then. */
FN_API fn_status fn_model_add_pool(fn_model* model);

/**
 * Hands x * scale + shift to the caller and goes on with x.
 *
 * @param layout any but FN_NHWC_U8; in FN_INT8 that one too, without a scale: x as it is stored
 * @param write  an fn_write
 * @param scale  per channel; NULL: x as it is, and shift is ignored
 * @param shift  per channel; NULL: zeros
 */
FN_API fn_status fn_model_add_output(fn_model* model, int32_t layout, int32_t write, const float* scale,
                                     const float* shift);

/** The model is complete: it has an output, and no layer can be added. */
FN_API fn_status fn_model_finish(fn_model* model);

/** Bytes of the packed weights. */
FN_API int64_t fn_model_packed_bytes(const fn_model* model);

/** Gives up the caller's hold; the weights live as long as a program needs them. NULL is ignored. */
FN_API void fn_model_destroy(fn_model* model);

/* ---- Programs: a model for one input size and number of threads --------------------------------------------------------- */

/**
 * Runs a model. One thread at a time may use a program; two programs run at the same time without waiting for each
 * other.
 *
 * A run is done by the calling thread and workers that belong to the process. They are started when a program is created
 * that needs more than there are, so there are one less than the largest number of threads a program was created with; a
 * run takes those that are free, and if other programs have them all, the caller does the work alone. So sessions
 * in many threads do not multiply threads. Results in f32 and int8 do not depend on how many threads worked, to the last bit.
 */
typedef struct fn_program fn_program;

/**
 * @param model   finished
 * @param layout  of the source; FN_UNSUPPORTED if the model has no first layer for it
 * @param threads at most, the caller's included; 1 to 1024; FN_UNSUPPORTED if the system refuses to start so many
 * @param spin_us how long a thread that waits for another one spins before it sleeps, in microseconds. A wake-up costs tens
 *                of them: for the lowest latency let it exceed the time of a step, or the pause between two runs; 0 leaves
 *                the CPU to others, for the highest throughput of many programs
 */
FN_API fn_status fn_program_create(const fn_model* model, int32_t layout, int64_t images, int32_t height, int32_t width,
                                   int32_t threads, int32_t spin_us, fn_program** program);

/**
 * Reads the source and writes all outputs. These lie apart from the source; but an only output may be the source itself if
 * the first layer is that of fn_model_add_input, the layouts are the same, and between are blocks and partial convolutions
 * alone. FN_INVALID_ARGUMENT if they overlap in any other way.
 *
 * Where layouts and the precision allow it, nothing is copied: a program of one layer behind fn_model_add_input reads the
 * source where it is, and the last layer writes, or adds to, the output behind it. The steps tell.
 *
 * @param src           address of the first pixel
 * @param src_row_bytes from one row of pixels to the next, also from the last of a plane or an image to the first of the
 *                      next one; 0: rows are dense, as they must be where a layer behind fn_model_add_input reads the source
 *                      where it is: else FN_INVALID_ARGUMENT
 * @param dst           address of fn_program_output_count() addresses, each of images * channels * height * width values
 */
FN_API fn_status fn_program_run(fn_program* program, int64_t src, int64_t src_row_bytes, int64_t dst);

FN_API int32_t fn_program_output_count(const fn_program* program);

/** @param shape gets images, channels, height and width of output number `index`, whatever its layout */
FN_API fn_status fn_program_output_shape(const fn_program* program, int32_t index, int64_t shape[4]);

/** Bytes of the program's own memory: tensors and what threads have to themselves. */
FN_API int64_t fn_program_arena_bytes(const fn_program* program);

/** A step of a program: between two of them, threads wait for each other. */
typedef struct fn_step {
    /** Lives as long as the program. */
    const char* name;
    /** Of the result: images, channels, height, width. */
    int64_t shape[4];
    /** By the definition of what the step computes; a convolution by Winograd's algorithm takes fewer. */
    int64_t multiply_adds;
    /** Which of the layers added to the model it belongs to, from 0. */
    int32_t layer;
} fn_step;

FN_API int32_t fn_program_step_count(const fn_program* program);

FN_API fn_status fn_program_step_get(const fn_program* program, int32_t index, fn_step* step);

/**
 * Whether runs take the times of their steps, from the next one on: two readings of a clock per step and thread. At first
 * they do not. FN_INVALID_ARGUMENT while the program runs.
 *
 * @param on 0 or 1
 */
FN_API fn_status fn_program_profile(fn_program* program, int32_t on);

/**
 * The times of the last run's steps in nanoseconds; zeros before the first one. FN_INVALID_ARGUMENT unless they are taken.
 *
 * @param times address of fn_program_step_count() rows of 1 + threads int64_t: the time from the end of the step before, or
 *              the run's begin, until the calling thread has seen the step's end; then, by thread, the caller's first, that
 *              within it in which the thread computed. It waited in the rest. A thread that was not free for the run has
 *              computed for 0.
 */
FN_API fn_status fn_program_step_times(const fn_program* program, int64_t times);

/** NULL is ignored. Not while the program runs. */
FN_API void fn_program_destroy(fn_program* program);

#ifdef __cplusplus
}
#endif

#endif
