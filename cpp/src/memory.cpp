#include "memory.h"

#include "fasternet.h"
#include "fasternet_onednn.h"
#include "system/system.h"

#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace fn {

namespace {

constexpr size_t line = 64;
constexpr size_t page = size_t{64} << 10;  // the largest any of our platforms has

/** Blocks from this size on come from the system itself, and go back to it: the heap would keep the room for them. */
constexpr size_t least_mapped = page;

constexpr size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

void* allocate_on_heap(size_t bytes) {
    const size_t size = round_up(bytes + (bytes == 0), line);
    void* memory = ::operator new(size, std::align_val_t{line}, std::nothrow);
    return memory ? std::memset(memory, 0, size) : nullptr;
}

}  // namespace

void* allocate(size_t bytes) noexcept {
    return bytes < least_mapped ? allocate_on_heap(bytes) : system::map_pages(round_up(bytes, page));
}

void release(void* memory, size_t bytes) noexcept {
    if (bytes < least_mapped) {
        ::operator delete(memory, std::align_val_t{line});
    } else if (memory) {
        system::unmap_pages(memory, round_up(bytes, page));
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
