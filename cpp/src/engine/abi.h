#pragma once

#include "engine/model.h"
#include "engine/threads.h"
#include "fasternet.h"
#include "status.h"

#include <memory>

/*
 * What the exported functions of models and of programs have in common: they check what they are given, so that the
 * engine need not.
 */

struct fn_model {
    std::shared_ptr<fn::Model> model;
};

namespace fn {

inline bool in_range(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

inline fn_status check_pointer(const char* what, const void* pointer) {
    return pointer ? FN_OK : fail(FN_INVALID_ARGUMENT, "%s is NULL", what);
}

/** The number of threads that a caller asks for; has them at hand. */
inline fn_status check_threads(int32_t threads) {
    constexpr int32_t most = 1024;
    if (!in_range(threads, 1, most))
        return fail(FN_INVALID_ARGUMENT, "threads is %d, expected 1 to %d", threads, most);
    return require_workers(threads);
}

/** The first of the statuses that is not FN_OK. Later checks may rely on earlier ones, so they are functions. */
inline fn_status first_failure() { return FN_OK; }
template <class Check, class... Checks>
fn_status first_failure(const Check& check, const Checks&... checks) {
    const fn_status status = check();
    return status != FN_OK ? status : first_failure(checks...);
}

}  // namespace fn
