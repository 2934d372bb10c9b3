#pragma once

#include "fasternet.h"

#include <exception>
#include <new>

namespace fn {

/** Leaves a sentence for fn_last_error() and returns `status`. Allocates nothing; an overlong sentence is cut. */
[[gnu::format(printf, 2, 3)]] fn_status fail(fn_status status, const char* format, ...) noexcept;

const char* last_error() noexcept;

/** Runs the body of an exported function: what it throws becomes a status. */
template <class Body>
fn_status guarded(Body&& body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return fail(FN_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception& e) {
        return fail(FN_INTERNAL, "internal error: %s", e.what());
    } catch (...) {
        return fail(FN_INTERNAL, "internal error");
    }
}

}  // namespace fn
