#include "onednn/library.h"

#include "system/system.h"

namespace fn {

namespace {

OneDnn functions;

template <class Function>
bool look_up(const char* name, Function& function) noexcept {
    function = reinterpret_cast<Function>(system::onednn_function(name));
    return function != nullptr;
}

bool find() noexcept {
    look_up("omp_get_thread_limit", functions.omp_get_thread_limit);
    return look_up("dnnl_primitive_execute", functions.primitive_execute) &&
           look_up("dnnl_stream_wait", functions.stream_wait) &&
           look_up("dnnl_memory_set_data_handle", functions.memory_set_data_handle) &&
           look_up("omp_get_max_threads", functions.omp_get_max_threads) &&
           look_up("omp_set_num_threads", functions.omp_set_num_threads);
}

}  // namespace

const OneDnn* loaded_onednn() noexcept {
    static const bool found = find();
    return found ? &functions : nullptr;
}

}  // namespace fn
