#include "status.h"

#include <cstdarg>
#include <cstdio>

namespace fn {

namespace {
thread_local char message[1024] = "";
}

fn_status fail(fn_status status, const char* format, ...) noexcept {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

const char* last_error() noexcept { return message; }

}  // namespace fn
