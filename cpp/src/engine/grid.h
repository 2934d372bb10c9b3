#pragma once

#include <algorithm>
#include <cstdint>

namespace fn {

/** A piece of a step's work: pixels [row_begin, row_end) times panels of columns [panel_begin, panel_end). */
struct Piece {
    int64_t row_begin, row_end;
    int32_t panel_begin, panel_end;
};

/** How a step's rows and panels are cut into pieces of nearly equal size; only whole units of rows are cut apart. */
struct Grid {
    int64_t rows = 0;
    int32_t panels = 1;
    int64_t row_parts = 1;
    int32_t panel_parts = 1;
    int64_t unit = 1;  // `rows` counts so many rows each, which stay together
    int64_t cost = 0;  // of the slowest thread's share, in rows x panels

    int64_t pieces() const { return row_parts * panel_parts; }
    /** Pieces of the same panels follow each other: who does several keeps the weights in its cache. */
    Piece piece(int64_t i) const {
        const int64_t row = i % row_parts, panel = i / row_parts;
        return {rows * row / row_parts * unit, rows * (row + 1) / row_parts * unit,
                static_cast<int32_t>(panels * panel / panel_parts),
                static_cast<int32_t>(panels * (panel + 1) / panel_parts)};
    }
    /** Rows of the tallest piece. */
    int64_t tallest() const { return (rows + row_parts - 1) / row_parts * unit; }
};

/**
 * What a tile costs besides its products, in rows: loading the weights. Measured on Zen 5, where a tile of one row
 * takes about as long as the fourth part of one of 14.
 */
constexpr int64_t row_overhead = 3;

/**
 * The cheapest way to give `threads` threads a piece each, the pieces then cut to at most `max_rows` rows, or one unit.
 *
 * Threads that share rows read those that others have written, out of their caches: a row of another's is counted as one more
 * row of one panel. Measured on an Emerald Rapids, where a cache line goes from one core to another and back in 300 ns.
 */
inline Grid cut(int64_t rows, int32_t panels, int32_t threads, int64_t max_rows, int64_t unit = 1) {
    const int64_t units = rows / unit, most = std::max<int64_t>(max_rows / unit, 1);
    Grid best;
    for (int32_t parts = 1; parts <= std::min(panels, threads); parts++) {
        Grid grid{units, panels, std::min<int64_t>((threads + parts - 1) / parts, units), parts, unit};
        const int64_t others = grid.tallest() - (units + threads - 1) / threads * unit;
        const int64_t turns = (grid.pieces() + threads - 1) / threads;  // where parts do not divide the threads
        grid.cost = turns * (grid.tallest() + row_overhead) * ((panels + parts - 1) / parts) + others;
        if (parts == 1 || grid.cost < best.cost) best = grid;
    }
    const int64_t share = best.tallest() / unit;
    best.row_parts = std::min(units, best.row_parts * ((share + most - 1) / most));
    return best;
}

}  // namespace fn
