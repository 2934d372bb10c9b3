#pragma once

#include <cstddef>
#include <new>

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

/**
 * For containers that one thread writes all the time: whole cache lines, which nobody else has a part of. Where cores do not
 * share a cache, a line that two of them write goes back and forth in half a microsecond.
 */
template <class T>
struct OwnLines {
    using value_type = T;

    OwnLines() = default;
    template <class U>
    OwnLines(const OwnLines<U>&) noexcept {}

    T* allocate(size_t count) {
        void* memory = fn::allocate(count * sizeof(T));
        if (!memory) throw std::bad_alloc();
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, size_t count) noexcept { release(memory, count * sizeof(T)); }

    friend bool operator==(const OwnLines&, const OwnLines&) noexcept { return true; }
    friend bool operator!=(const OwnLines&, const OwnLines&) noexcept { return false; }
};

}  // namespace fn
