#include "library.h"

#include <dlfcn.h>

namespace fn {

namespace {

OneDnn functions;

template <class Function>
void look_up(void* library, const char* name, Function& function) noexcept {
    function = reinterpret_cast<Function>(dlsym(library, name));
}

bool find() noexcept {
    // RTLD_NOLOAD: only a copy that is in the process already, matched by its SONAME.
    void* library = dlopen("libdnnl.so.3", RTLD_NOLOAD | RTLD_LAZY);
    if (library == nullptr) {
        return false;
    }
    look_up(library, "dnnl_primitive_execute", functions.primitive_execute);
    look_up(library, "dnnl_stream_wait", functions.stream_wait);
    look_up(library, "dnnl_memory_set_data_handle", functions.memory_set_data_handle);
    return functions.primitive_execute && functions.stream_wait && functions.memory_set_data_handle;
}

}  // namespace

const OneDnn* loaded_onednn() noexcept {
    static const bool found = find();
    return found ? &functions : nullptr;
}

}  // namespace fn
