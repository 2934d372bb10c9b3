#pragma once

#include <cstdint>

namespace fn {

/**
 * The three functions of oneDNN that a run calls, taken from the library that is loaded in this process already. Linking against
 * it instead would need its headers and file at build time, and could load a second copy.
 */
struct OneDnn {
    int (*primitive_execute)(const void* primitive, void* stream, int count, const void* args);
    int (*stream_wait)(void* stream);
    int (*memory_set_data_handle)(void* memory, void* data);
};

/** nullptr if oneDNN (SONAME libdnnl.so.3) is not loaded. */
const OneDnn* loaded_onednn() noexcept;

}  // namespace fn
