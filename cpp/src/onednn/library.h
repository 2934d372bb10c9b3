#pragma once

namespace fn {

/**
 * The functions of oneDNN and its OpenMP runtime that a run calls, taken from the libraries that are loaded in this process
 * already. Linking against them instead would need their headers and files at build time, and could load a second copy.
 */
struct OneDnn {
    int (*primitive_execute)(const void* primitive, void* stream, int count, const void* args);
    int (*stream_wait)(void* stream);
    int (*memory_set_data_handle)(void* memory, void* data);
    int (*omp_get_max_threads)();
    void (*omp_set_num_threads)(int threads);
    /** nullptr: there is no limit, as in Microsoft's OpenMP. */
    int (*omp_get_thread_limit)();
};

/** nullptr if oneDNN is not loaded. */
const OneDnn* loaded_onednn() noexcept;

}  // namespace fn
