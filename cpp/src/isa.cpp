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

std::string known_names() {
    std::string list;
    for (const Isa& isa : isas) list += (list.empty() ? "" : ", ") + std::string(isa.name);
    return list;
}

}  // namespace

fn_status select_isa(const char* name, const char* cap, uint64_t features, int32_t* isa) {
    const int highest = cap ? find(cap) : isa_count - 1;
    if (highest == isa_count) {
        return fail(FN_UNSUPPORTED, "FASTERNET_MAX_ISA is \"%s\", expected one of: %s", cap, known_names().c_str());
    }
    if (!name) {
        int best = highest;
        while (!runs(isas[best], features)) best--;  // ends at portable, which requires nothing
        *isa = best;
        return FN_OK;
    }
    const int wanted = find(name);
    if (wanted == isa_count) {
        return fail(FN_UNSUPPORTED, "there is no ISA \"%s\", expected one of: %s", name, known_names().c_str());
    }
    if (!runs(isas[wanted], features)) return fail(FN_UNSUPPORTED, "this CPU cannot run ISA %s", name);
    if (wanted > highest) return fail(FN_UNSUPPORTED, "ISA %s is above FASTERNET_MAX_ISA=%s", name, cap);
    *isa = wanted;
    return FN_OK;
}

}  // namespace fn
