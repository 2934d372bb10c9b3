#include "memory.h"

#include "fasternet.h"

#include <gtest/gtest.h>
#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#endif

#include <algorithm>
#include <climits>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t page = 4096, mapped = 64 << 10, huge_page = 2 << 20;

/** Whether the system has a mapping at this address. */
bool is_mapped(const void* address) {
#if defined(_WIN32)
    MEMORY_BASIC_INFORMATION pages{};
    return VirtualQuery(address, &pages, sizeof pages) != 0 && pages.State == MEM_COMMIT;
#else
    unsigned char resident;
    return mincore(const_cast<void*>(address), 1, &resident) == 0;
#endif
}

uintptr_t alignment_of([[maybe_unused]] int64_t bytes) {
#if defined(__linux__)
    if (bytes >= huge_page) return huge_page;
#endif
    return 64;
}

TEST(Memory, IsZeroedAndAligned) {
    for (int64_t bytes : {int64_t{0}, int64_t{1}, int64_t{63}, int64_t{65}, page, mapped - 1, mapped, mapped + 1, huge_page - 1,
                          huge_page, huge_page + 1, 3 * huge_page - page}) {
        for (int again = 0; again < 2; again++) {  // what was dirtied and given back is zeroed too
            char* memory = static_cast<char*>(fn_alloc(bytes));
            ASSERT_NE(nullptr, memory) << bytes;
            EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % alignment_of(bytes)) << bytes;
            EXPECT_EQ(bytes, std::count(memory, memory + bytes, 0)) << bytes;
            std::memset(memory, 1, static_cast<size_t>(bytes));
            fn_free(memory, bytes);
        }
    }
}

TEST(Memory, LargeBlocksGoBackToTheSystemWhole) {
    for (int64_t bytes : {mapped, huge_page - 1, huge_page + 1, 3 * huge_page}) {
        char* memory = static_cast<char*>(fn_alloc(bytes));
        ASSERT_NE(nullptr, memory);
        char* const pages[] = {memory, memory + (bytes - 1) / page * page};
        for (const char* address : pages) EXPECT_TRUE(is_mapped(address)) << bytes;
        fn_free(memory, bytes);
        for (const char* address : pages) EXPECT_FALSE(is_mapped(address)) << bytes;
    }
}

TEST(Memory, ThatCannotBeIsRefused) {
    EXPECT_EQ(nullptr, fn_alloc(-1));
    EXPECT_EQ(nullptr, fn_alloc(INT64_MAX / 2));
    fn_free(nullptr, 1);
    fn_free(nullptr, huge_page);
}

}  // namespace
