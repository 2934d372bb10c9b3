// The exported functions: each hands over to the file that does the work.
#include "fasternet.h"

#include "kernel/elements.h"

#include "cpu_features.h"
#include "isa.h"
#include "status.h"
#include "system/system.h"

#include <cstdlib>
#include <string>

int32_t fn_abi_version(void) { return FN_ABI_VERSION; }

const char* fn_last_error(void) { return fn::last_error(); }

uint64_t fn_cpu_features(void) { return fn::cpu_features(); }

const char* fn_cpu_feature_name(int32_t bit) { return fn::cpu_feature_name(bit); }

const char* fn_cpu_model(void) {
    static const std::string model = fn::system::cpu_model();
    return model.c_str();
}

fn_status fn_cpu_count_get(fn_cpu_count* count) {
    return fn::guarded([&] {
        *count = fn::system::count_cpus();
        return FN_OK;
    });
}

int64_t fn_cpu_cache_bytes(int32_t level) { return fn::system::cache_bytes(level); }

const char* fn_precision_name(int32_t precision) {
    return precision >= 0 && precision < fn::element_count ? fn::element_names[precision] : nullptr;
}

const char* fn_isa_name(int32_t isa) { return isa >= 0 && isa < fn::isa_count ? fn::isas[isa].name : nullptr; }

fn_status fn_isa_select(const char* name, int32_t* isa) {
    return fn::guarded([&] { return fn::select_isa(name, std::getenv("FASTERNET_MAX_ISA"), fn::cpu_features(), isa); });
}
