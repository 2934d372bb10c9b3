#pragma once

#include "tile.h"

/** The matrix product, for the ISA, the element (element/f32.h and its like) and the finish_... of its tiles included before. */
namespace FN_NAMESPACE {
namespace {

constexpr int max_vectors = 3;
constexpr int max_rows = 14;
constexpr int cache_line = 64;

/**
 * Cache lines to fetch ahead per group of K: one, as a few tiles share the work; but where few rows make a lonely tile,
 * which waits for its weights most of the time, all that it reads.
 */
template <int rows, int vectors>
constexpr int ahead_lines = rows <= 4 ? vectors : 1;

/**
 * Every result is one chain of multiply-adds in the order of K that starts from the bias: it does not depend on the
 * tile it is in, nor therefore on how the work is split.
 */
template <int rows, int vectors>
void multiply_tile(const Tile& tile) {
    Sum c[rows][vectors];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const Sum bias = load_sum(tile.bias + j * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) c[i][j] = bias;
    }
    const Weight* weights = tile.weights;
    const char* ahead = tile.ahead;
    for (int32_t s = 0; s < tile.product->segment_count; s++) {
        const fn::Segment& segment = tile.product->segments[s];
        const int64_t stride = segment.row_stride;
        const Element* piece =
            static_cast<const Element*>(segment.base) + tile.run->offset[segment.tensor] + tile.run_row * stride;
        for (int32_t p = 0; p < segment.pieces; p++, piece += segment.piece_stride) {
            for (const Element *a = piece, *end = piece + segment.length; a < end; a += group) {
#pragma GCC unroll 4
                for (int j = 0; j < ahead_lines<rows, vectors>; j++) prefetch(ahead + j * cache_line);
                ahead += tile.ahead_step;
#pragma GCC unroll 2
                for (int half = 0; half < halves; half++) {
                    Operand b[vectors];
#pragma GCC unroll 4
                    for (int j = 0; j < vectors; j++) b[j] = load_groups(weights + j * lanes * group, half);
#pragma GCC unroll 16
                    for (int i = 0; i < rows; i++) {
                        const Operand x = broadcast_group(a + i * stride, half);
#pragma GCC unroll 4
                        for (int j = 0; j < vectors; j++) c[i][j] = multiply_add_groups(x, b[j], c[i][j]);
                    }
                }
                weights += vectors * lanes * group;
            }
        }
    }
    finish(c, tile);
}

struct TileKernels {
    void (*of[max_vectors + 1][max_rows + 1])(const Tile&);  // by vectors and rows
};

template <int vectors, int rows>
constexpr void fill(TileKernels& kernels) {
    if constexpr (rows <= row_limit[vectors]) {
        kernels.of[vectors][rows] = multiply_tile<rows, vectors>;
        fill<vectors, rows + 1>(kernels);
    } else if constexpr (vectors < max_vectors) {
        fill<vectors + 1, 1>(kernels);
    }
}

constexpr TileKernels all_tiles() {
    TileKernels kernels{};
    fill<1, 1>(kernels);
    return kernels;
}

constexpr TileKernels tile_kernels = all_tiles();

/** All rows times one panel, each run in tiles of nearly equal height. */
void multiply_panel(const fn::Product& product, int32_t panel, int vectors) {
    Tile tile;
    tile.product = &product;
    tile.column = panel * fn::panel_vectors * lanes;
    tile.weights =
        static_cast<const Weight*>(product.matrix.panels) + static_cast<int64_t>(tile.column) * product.matrix.depth;
    tile.bias = static_cast<const Bias*>(product.matrix.bias) + tile.column;
    tile.result_row = 0;
    // What follows in memory is needed next, be it this matrix or another: all tiles together walk over as much of it.
    int64_t tile_count = 0;
    for (int32_t r = 0; r < product.run_count; r++)
        tile_count += (product.runs[r].rows + row_limit[vectors] - 1) / row_limit[vectors];
    tile.ahead =
        reinterpret_cast<const char*>(tile.weights + static_cast<int64_t>(vectors) * lanes * product.matrix.depth);
    const int64_t group_bytes = sizeof(Weight) * vectors * lanes * group;
    tile.ahead_step = (group_bytes + tile_count - 1) / tile_count;
    const auto* kernels = tile_kernels.of[vectors];
    const int limit = row_limit[vectors];
    for (int32_t r = 0; r < product.run_count; r++) {
        tile.run = product.runs + r;
        tile.run_row = 0;
        for (int tiles = (tile.run->rows + limit - 1) / limit; tiles > 0; tiles--) {
            const int rows = (tile.run->rows - static_cast<int>(tile.run_row) + tiles - 1) / tiles;
            kernels[rows](tile);
            tile.ahead += tile.ahead_step * (product.matrix.depth / group);
            tile.run_row += rows;
            tile.result_row += rows;
        }
    }
}

void multiply(const fn::Product& product) {
    const int32_t vectors = fn::vectors_in(product.matrix.columns, lanes);
    const int32_t last = fn::panels_in(vectors) - 1;
    for (int32_t panel = product.panel_begin; panel < product.panel_end; panel++) {
        multiply_panel(product, panel, panel < last ? fn::panel_vectors : vectors - last * fn::panel_vectors);
    }
    finish_all(product);
}

}  // namespace
}  // namespace FN_NAMESPACE
