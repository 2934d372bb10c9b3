#pragma once

#include "gelu.h"
#include "tile.h"

/** What becomes of a register tile of f32 sums: activation and residual, then rounded to what is stored. */
namespace FN_NAMESPACE {
namespace {

/** In memory: the polynomials need the registers that hold the tile. */
template <int rows, int vectors>
FN_INLINE void gelu_tile(Vec (&c)[rows][vectors]) {
    alignas(64) float sums[rows * vectors * lanes], results[rows * vectors * lanes];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) store(sums + (i * vectors + j) * lanes, c[i][j]);
    }
    gelu(sums, results, rows * vectors);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) c[i][j] = load(results + (i * vectors + j) * lanes);
    }
}

template <int rows, int vectors>
FN_INLINE void relu_tile(Vec (&c)[rows][vectors]) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) c[i][j] = maximum(broadcast(0), c[i][j]);
    }
}

template <class Result, int rows, int vectors>
FN_INLINE void write(const Vec (&c)[rows][vectors], const Tile& tile, const fn::Part& part) {
    const int32_t* offsets = part.offsets + tile.result_row;
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const int column = tile.column + j * lanes;
        const Place place(part, column);
        if (place.empty()) continue;
        const Lanes mask = lanes_between(place.first, place.last);
        Result* data = static_cast<Result*>(part.data) + (column - part.begin);
        if (part.residual) {
            const Result* residual = static_cast<const Result*>(part.residual) + (column - part.begin);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++)
                store(data + offsets[i], add(c[i][j], load(residual + offsets[i], mask)), mask);
        } else {
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) store(data + offsets[i], c[i][j], mask);
        }
    }
}

template <int rows, int vectors>
FN_INLINE void finish(Sum (&c)[rows][vectors], const Tile& tile) {
    if (tile.product->activation == fn::Activation::relu) relu_tile(c);
    if (tile.product->activation == fn::Activation::gelu) gelu_tile(c);
    for (const fn::Part& part : tile.product->parts) {
        if (part.begin >= part.end) continue;
        if (tile.product->f32_result) {
            write<float>(c, tile, part);
        } else {
            write<Element>(c, tile, part);
        }
    }
}

/** All is done when the tiles are. */
FN_INLINE void finish_all(const fn::Product&) {}

}  // namespace
}  // namespace FN_NAMESPACE
