#include "fasternet_onednn.h"

#include <sys/mman.h>

#include <cstdlib>

namespace {
constexpr size_t line = 64;
constexpr size_t huge_page = size_t{2} << 20;
}  // namespace

void* fn_alloc(int64_t bytes) {
    if (bytes < 0) {
        return nullptr;
    }
    // Weights of tens of megabytes are streamed once per inference: with 4 KiB pages the TLB misses on every second line of them.
    size_t alignment = static_cast<size_t>(bytes) >= huge_page ? huge_page : line;
    size_t size = (static_cast<size_t>(bytes) + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, size == 0 ? alignment : size);
    if (memory != nullptr && alignment == huge_page) {
        madvise(memory, size, MADV_HUGEPAGE);  // advice: a kernel without huge pages ignores it
    }
    return memory;
}

void fn_free(void* memory) { std::free(memory); }

int64_t fn_address_f32(const float* data) { return reinterpret_cast<int64_t>(data); }
int64_t fn_address_i16(const int16_t* data) { return reinterpret_cast<int64_t>(data); }
int64_t fn_address_u8(const uint8_t* data) { return reinterpret_cast<int64_t>(data); }
