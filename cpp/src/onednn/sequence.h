#pragma once

#include "fasternet_onednn.h"
#include "onednn/library.h"

#include <cstdint>
#include <variant>
#include <vector>

namespace fn {

struct Primitive {
    const void* handle;
    const void* args;
    int32_t count;
};

struct Rows {
    int32_t slot;
    int64_t offset;
    int64_t stride;
};

struct Copy {
    Rows src;
    Rows dst;
    int64_t rows;
    int64_t row_bytes;
};

using SequenceStep = std::variant<Primitive, Copy>;

struct Slot {
    char* address = nullptr;
    std::vector<void*> memories;
};

/** Sequence on a given oneDNN; fn_sequence_create takes the loaded one. */
fn_status create_sequence(int32_t threads, int32_t slots, void* stream, const OneDnn* onednn, fn_sequence** sequence);

/** fn_openmp_set_threads() of a given oneDNN. */
int32_t set_openmp_threads(const OneDnn& onednn, int32_t threads);

}  // namespace fn

struct fn_sequence {
    int32_t threads;
    void* stream;
    const fn::OneDnn* onednn;
    std::vector<fn::Slot> slots;
    std::vector<fn::SequenceStep> steps;
    std::vector<int64_t> step_ns;  // of the last run; empty unless they are taken

    int32_t slot_count() const { return static_cast<int32_t>(slots.size()); }
    bool has_slot(int32_t slot) const { return slot >= 0 && slot < slot_count(); }
};
