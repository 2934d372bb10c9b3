#include "memory.h"

#include "fasternet.h"
#include "fasternet_onednn.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace fn {

namespace {

constexpr size_t line = 64;
constexpr size_t page = size_t{64} << 10;  // the largest any of our platforms has
constexpr size_t huge_page = size_t{2} << 20;

/** Blocks from this size on come from the system itself, and go back to it: the heap would keep the room for them. */
constexpr size_t least_mapped = page;

constexpr size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

void* allocate_on_heap(size_t bytes) {
    const size_t size = round_up(bytes + (bytes == 0), line);
    void* memory = std::aligned_alloc(line, size);
    return memory ? std::memset(memory, 0, size) : nullptr;
}

/** What fills a huge page begins at one: the kernel sees to that only where all of a mapping is huge pages. */
void* map(size_t bytes) {
    const size_t size = round_up(bytes, page);
    const size_t surplus = size >= huge_page ? huge_page : 0;
    void* mapped = mmap(nullptr, size + surplus, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* begin = static_cast<char*>(mapped);
    if (surplus > 0) {
        const size_t before = -reinterpret_cast<uintptr_t>(begin) % huge_page;
        if (before > 0) munmap(begin, before);
        munmap(begin + before + size, surplus - before);
        begin += before;
    }
    // Weights of tens of megabytes are streamed once per inference: with 4 KiB pages the TLB misses on every second line of them.
    madvise(begin, size, MADV_HUGEPAGE);  // advice: where it is not followed, only speed is lost
    return begin;
}

}  // namespace

void* allocate(size_t bytes) noexcept { return bytes < least_mapped ? allocate_on_heap(bytes) : map(bytes); }

void release(void* memory, size_t bytes) noexcept {
    if (bytes < least_mapped) {
        std::free(memory);
    } else if (memory) {
        munmap(memory, round_up(bytes, page));
    }
}

Pages::Pages(size_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    data_ = static_cast<char*>(allocate(bytes));
    if (!data_) throw std::bad_alloc();
}

Pages::~Pages() { release(data_, bytes_); }

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

}  // namespace fn

void* fn_alloc(int64_t bytes) { return bytes < 0 ? nullptr : fn::allocate(static_cast<size_t>(bytes)); }

void fn_free(void* memory, int64_t bytes) { fn::release(memory, static_cast<size_t>(bytes)); }

int64_t fn_address_f32(const float* data) { return reinterpret_cast<int64_t>(data); }
int64_t fn_address_i16(const int16_t* data) { return reinterpret_cast<int64_t>(data); }
int64_t fn_address_u8(const uint8_t* data) { return reinterpret_cast<int64_t>(data); }
