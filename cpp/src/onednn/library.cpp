#include "library.h"

#include <dlfcn.h>

namespace fn {

namespace {

OneDnn functions;

bool find() noexcept {
    // RTLD_NOLOAD: only a copy that is in the process already, matched by its SONAME.
    void* library = dlopen("libdnnl.so.3", RTLD_NOLOAD | RTLD_LAZY);
    if (library == nullptr) {
        return false;
    }
    functions.primitive_execute = reinterpret_cast<decltype(functions.primitive_execute)>(dlsym(library, "dnnl_primitive_execute"));
    functions.stream_wait = reinterpret_cast<decltype(functions.stream_wait)>(dlsym(library, "dnnl_stream_wait"));
    functions.memory_set_data_handle =
        reinterpret_cast<decltype(functions.memory_set_data_handle)>(dlsym(library, "dnnl_memory_set_data_handle"));
    return functions.primitive_execute && functions.stream_wait && functions.memory_set_data_handle;
}

}  // namespace

const OneDnn* loaded_onednn() noexcept {
    static const bool found = find();
    return found ? &functions : nullptr;
}

}  // namespace fn
