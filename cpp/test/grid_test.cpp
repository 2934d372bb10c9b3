// How the work of a step is shared out among threads.
#include "engine/grid.h"

#include <gtest/gtest.h>

#include <vector>

namespace fn {
namespace {

constexpr int64_t any_height = 1 << 20;

TEST(Grid, CoversEveryRowOfEveryPanelOnce) {
    for (int64_t rows : {1, 2, 49, 196, 784}) {
        for (int32_t panels : {1, 2, 3, 10}) {
            for (int32_t threads : {1, 2, 3, 8, 64}) {
                for (int64_t most : {int64_t{7}, any_height}) {
                    const Grid grid = cut(rows, panels, threads, most);
                    std::vector<int> seen(rows * panels);
                    for (int64_t i = 0; i < grid.pieces(); i++) {
                        const Piece piece = grid.piece(i);
                        EXPECT_LE(piece.row_end - piece.row_begin, grid.tallest());
                        for (int64_t row = piece.row_begin; row < piece.row_end; row++) {
                            for (int32_t p = piece.panel_begin; p < piece.panel_end; p++) seen[row * panels + p]++;
                        }
                    }
                    EXPECT_EQ(std::vector<int>(rows * panels, 1), seen) << rows << " " << panels << " " << threads;
                }
            }
        }
    }
}

/** Else each thread reads all rows, half of which another one has just written. */
TEST(Grid, ThreadsShareNoRowsWhereThereAreManyRows) {
    for (int32_t threads : {2, 4}) {
        for (int32_t panels : {2, 3, 4, 8}) {
            const Grid grid = cut(784, panels, threads, any_height);
            EXPECT_EQ(threads, grid.row_parts) << panels;
            EXPECT_EQ(1, grid.panel_parts) << panels;
        }
    }
}

TEST(Grid, ThreadsShareRowsWhereThereAreFew) {
    const Grid head = cut(1, 16, 4, any_height);
    EXPECT_EQ(1, head.row_parts);
    EXPECT_EQ(4, head.panel_parts);
    const Grid tall = cut(4, 64, 4, any_height);
    EXPECT_EQ(4, tall.panel_parts);
}

}  // namespace
}  // namespace fn
