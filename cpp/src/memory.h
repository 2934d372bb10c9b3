#pragma once

#include <cstddef>

namespace fn {

/**
 * Zeroed memory aligned to 64 bytes, on huge pages where it fills some and the system offers them; nullptr if the
 * system refuses.
 */
void* allocate(size_t bytes) noexcept;

/** @param bytes as many as were allocated; a nullptr is ignored */
void release(void* memory, size_t bytes) noexcept;

/** Memory of allocate(), given back when destroyed. */
class Pages {
public:
    Pages() = default;
    /** @throws std::bad_alloc if the system refuses */
    explicit Pages(size_t bytes);
    ~Pages();
    Pages(Pages&& other) noexcept;
    Pages& operator=(Pages&& other) noexcept;

    char* data() const { return data_; }
    size_t bytes() const { return bytes_; }

private:
    char* data_ = nullptr;
    size_t bytes_ = 0;
};

}  // namespace fn
