#ifndef FASTERNET_ONEDNN_H
#define FASTERNET_ONEDNN_H

/*
 * What the oneDNN back end needs beside oneDNN itself: one call that runs a whole list of primitives and copies of channel
 * slices. The conventions are those of fasternet.h.
 *
 * oneDNN's objects come in as the handles that its C API made; they stay the caller's and must outlive the sequence.
 */

#include "fasternet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A list of oneDNN primitives and row copies, run in order by one call. One thread at a time may use it. */
typedef struct fn_sequence fn_sequence;

/**
 * Makes an empty sequence.
 *
 * Its memory is addressed by slots: places whose address is bound before a run and may change between runs (the caller's
 * tensors), or is bound once (an arena).
 *
 * @param threads OpenMP threads of a run, 1 to 1024; FN_UNSUPPORTED if the OpenMP runtime's own limit is lower, or the system
 *                refuses so many
 * @param slots how many slots there are
 * @param stream the dnnl_stream_t that primitives run on
 * @return FN_UNSUPPORTED if oneDNN is not loaded in this process
 */
FN_API fn_status fn_sequence_create(int32_t threads, int32_t slots, void* stream, fn_sequence** sequence);

/** Appends the execution of a dnnl_primitive_t with `count` elements of dnnl_exec_arg_t, which are not copied. */
FN_API fn_status fn_sequence_add_primitive(fn_sequence* sequence, void* primitive, void* args, int32_t count);

/**
 * Appends a copy of `rows` rows of `row_bytes` bytes, from `src_offset` in one slot, `src_stride` bytes apart, to `dst_offset` in
 * another, `dst_stride` bytes apart. Source and destination rows must not overlap.
 */
FN_API fn_status fn_sequence_add_copy(
    fn_sequence* sequence, int32_t src_slot, int64_t src_offset, int64_t src_stride, int32_t dst_slot, int64_t dst_offset,
    int64_t dst_stride, int64_t rows, int64_t row_bytes);

/** Makes the data handle of a dnnl_memory_t follow the address bound to a slot. */
FN_API fn_status fn_sequence_attach(fn_sequence* sequence, int32_t slot, void* memory);

/** Sets the address of a slot, from the next run on. */
FN_API fn_status fn_sequence_bind(fn_sequence* sequence, int32_t slot, int64_t address);

/** Runs everything and returns when it is done. Allocates nothing. FN_INVALID_ARGUMENT if a slot was never bound,
 * FN_UNSUPPORTED if the system refuses the calling thread its workers. */
FN_API fn_status fn_sequence_run(fn_sequence* sequence);

/**
 * Whether runs take the times of their steps, from the next one on: one reading of a clock per step. At first they do not.
 *
 * @param on 0 or 1
 */
FN_API fn_status fn_sequence_profile(fn_sequence* sequence, int32_t on);

/**
 * The times of the last run's steps, primitives and copies, in nanoseconds; zeros before the first one.
 * FN_INVALID_ARGUMENT unless they are taken. The last one's has the wait for the stream in it.
 *
 * @param times address of an int64_t for each step
 */
FN_API fn_status fn_sequence_step_times(const fn_sequence* sequence, int64_t times);

/** NULL is allowed. */
FN_API void fn_sequence_destroy(fn_sequence* sequence);

/**
 * Sets the number of threads of OpenMP regions started by the calling thread, which oneDNN reads when it creates and when it
 * runs a primitive, and returns the previous one. Does nothing, and returns `threads`, while oneDNN is not loaded.
 */
FN_API int32_t fn_openmp_set_threads(int32_t threads);

/** The address itself: what a direct buffer of each type turns into at the border, position counted. */
FN_API int64_t fn_address_f32(const float* data);
FN_API int64_t fn_address_i16(const int16_t* data);
FN_API int64_t fn_address_u8(const uint8_t* data);

#ifdef __cplusplus
}
#endif

#endif
