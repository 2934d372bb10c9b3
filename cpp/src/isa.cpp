#include "isa.h"

#include "status.h"

#include <cstring>
#include <string>

namespace fn {

namespace {

bool runs(const Isa& isa, uint64_t features) { return (isa.required & ~features) == 0; }

/** isa_count if there is none of that name. */
int find(const char* name) {
    int i = 0;
    while (i < isa_count && std::strcmp(isas[i].name, name) != 0) i++;
    return i;
}

/** Of those from portable to `highest` that a CPU with these features can run. */
std::string names(int highest, uint64_t features) {
    std::string list;
    for (int i = 0; i <= highest; i++) {
        if (runs(isas[i], features)) list += (list.empty() ? "" : ", ") + std::string(isas[i].name);
    }
    return list;
}

}  // namespace

fn_status select_isa(const char* name, const char* cap, uint64_t features, int32_t* isa) {
    const int highest = cap ? find(cap) : isa_count - 1;
    if (highest == isa_count) {
        const std::string known = names(isa_count - 1, ~uint64_t{0});
        return fail(FN_UNSUPPORTED, "FASTERNET_MAX_ISA is \"%s\", expected one of: %s", cap, known.c_str());
    }
    if (!name) {
        int best = highest;
        while (!runs(isas[best], features)) best--;  // ends at portable, which requires nothing
        *isa = best;
        return FN_OK;
    }
    const int wanted = find(name);
    if (wanted <= highest && runs(isas[wanted], features)) {
        *isa = wanted;
        return FN_OK;
    }
    const std::string usable = names(highest, features);
    if (wanted == isa_count) {
        return fail(FN_UNSUPPORTED, "there is no ISA \"%s\", expected one of: %s", name, usable.c_str());
    }
    if (!runs(isas[wanted], features)) {
        return fail(FN_UNSUPPORTED, "this CPU cannot run ISA %s, expected one of: %s", name, usable.c_str());
    }
    return fail(FN_UNSUPPORTED, "ISA %s is above FASTERNET_MAX_ISA=%s, expected one of: %s", name, cap, usable.c_str());
}

}  // namespace fn
