#pragma once

#include <cstddef>

namespace fn {

/** Adds up the sizes of buffers that share one Pages, then hands out their addresses. */
class Carver {
public:
    static constexpr size_t alignment = 64;  // a cache line, and a vector of any ISA

    /** @return the buffer's offset in the pages */
    size_t reserve(size_t bytes) {
        const size_t at = bytes_;
        bytes_ += (bytes + alignment - 1) / alignment * alignment;
        return at;
    }
    size_t bytes() const { return bytes_; }

private:
    size_t bytes_ = 0;
};

}  // namespace fn
