#pragma once

#include "tile.h"

/**
 * What becomes of a register tile of 32-bit sums: scaled in f32, the residual added, rounded to 8 bits. Every step is one operation
 * of IEEE 754 that rounds to nearest, ties to even, and none is fused with another: so all ISAs have the same bits.
 */
namespace FN_NAMESPACE {
namespace {

/** A part of the result of a tile, and what there is to know of it. */
struct Target {
    const int32_t* offsets;
    int32_t zero_point;
    Vec zero, residual_scale;

    Target(const Tile& tile, const fn::Part& part)
        : offsets(part.offsets + tile.result_row),
          zero_point(tile.product->matrix.requantization.zero_point),
          zero(broadcast(static_cast<float>(zero_point))),
          residual_scale(broadcast(tile.product->matrix.requantization.residual_scale)) {}
};

/** sum * scale, plus (residual - zero point) * residual scale where there is one. */
FN_INLINE Vec scaled(Sum sum, Vec scale, const Element* residual, const Lanes& mask, const Target& target) {
    const Vec v = multiply(to_float(sum), scale);
    return residual ? add(v, multiply(subtract(load(residual, mask), target.zero), target.residual_scale)) : v;
}

/** Column vector j of all rows, of which a part is the place's. */
template <int rows, int vectors>
FN_INLINE void write_column(const Sum (&c)[rows][vectors], int j, Vec scale, const Place& place, Element* data,
                            const Element* residual, const Target& target) {
    const Lanes mask = lanes_between(place.first, place.last);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i += 4) {
        Vec v[4];
        Element* p[4] = {};
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            const int row = i + k < rows ? i + k : rows - 1;
            const int32_t offset = target.offsets[row];
            v[k] = scaled(c[row][j], scale, residual ? residual + offset : nullptr, mask, target);
            p[k] = data + offset;
        }
        constexpr int tail = rows % 4 == 0 ? 4 : rows % 4;
        if (i + 4 <= rows) {
            store_rows<4>(p, v, target.zero_point, mask);
        } else {
            store_rows<tail>(p, v, target.zero_point, mask);
        }
    }
}

/** The first two column vectors of all rows, whole. */
template <int rows, int vectors>
FN_INLINE void write_pair(const Sum (&c)[rows][vectors], Vec first, Vec second, Element* data, const Element* residual,
                          const Target& target) {
    const Lanes whole = lanes_between(0, lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i += 2) {
        Vec v[4];
        Element* p[2] = {};
#pragma GCC unroll 2
        for (int k = 0; k < 2; k++) {
            const int row = i + k < rows ? i + k : rows - 1;
            const int32_t offset = target.offsets[row];
            const Element* const x = residual ? residual + offset : nullptr;
            v[2 * k] = scaled(c[row][0], first, x, whole, target);
            v[2 * k + 1] = scaled(c[row][1], second, x ? x + lanes : nullptr, whole, target);
            p[k] = data + offset;
        }
        if (i + 2 <= rows) {
            store_pairs<2>(p, v, target.zero_point);
        } else {
            store_pairs<1>(p, v, target.zero_point);
        }
    }
}

template <int rows, int vectors>
FN_INLINE void write_quantized(const Sum (&c)[rows][vectors], const Tile& tile, const fn::Part& part) {
    const Target target(tile, part);
    const float* const scale = tile.product->matrix.requantization.scale + tile.column;
    Element* const data = static_cast<Element*>(part.data) + (tile.column - part.begin);
    const Element* const residual =
        part.residual ? static_cast<const Element*>(part.residual) + (tile.column - part.begin) : nullptr;
    int first = 0;
    if constexpr (vectors > 1) {
        if (Place(part, tile.column).whole() && Place(part, tile.column + lanes).whole()) {
            write_pair(c, load(scale), load(scale + lanes), data, residual, target);
            first = 2;
        }
    }
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const Place place(part, tile.column + j * lanes);
        if (j < first || place.empty()) continue;
        write_column(c, j, load(scale + j * lanes), place, data + j * lanes, residual ? residual + j * lanes : nullptr,
                     target);
    }
}

template <int rows, int vectors>
FN_INLINE void write_f32(const Sum (&c)[rows][vectors], const Tile& tile, const fn::Part& part) {
    const int32_t* offsets = part.offsets + tile.result_row;
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const int column = tile.column + j * lanes;
        const Place place(part, column);
        if (place.empty()) continue;
        const Lanes mask = lanes_between(place.first, place.last);
        const Vec scale = load(tile.product->matrix.requantization.scale + column);
        float* const data = static_cast<float*>(part.data) + (column - part.begin);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) store(data + offsets[i], multiply(to_float(c[i][j]), scale), mask);
    }
}

template <int rows, int vectors>
FN_INLINE void finish(const Sum (&c)[rows][vectors], const Tile& tile) {
    for (const fn::Part& part : tile.product->parts) {
        if (part.begin >= part.end) continue;
        if (tile.product->f32_result) {
            write_f32(c, tile, part);
        } else {
            write_quantized(c, tile, part);
        }
    }
}

/** The activation, in a pass of its own over what is in the nearest cache: whole vectors of bytes at a time. */
void finish_all(const fn::Product& product) {
    const uint8_t* const bytes = product.matrix.requantization.table;
    if (!bytes) return;
    Table table;
    load_table(bytes, table);
    const int32_t panel = fn::panel_vectors * lanes;
    const int32_t panels = fn::panels_in(fn::vectors_in(product.matrix.columns, lanes));
    int64_t rows = 0;
    for (int32_t r = 0; r < product.run_count; r++) rows += product.runs[r].rows;
    for (const fn::Part& part : product.parts) {
        const int32_t first = product.panel_begin * panel > part.begin ? product.panel_begin * panel : part.begin;
        const int32_t last = product.panel_end == panels || part.end < product.panel_end * panel ? part.end
                                                                                                 : product.panel_end * panel;
        if (first >= last) continue;
        for (int64_t i = 0; i < rows; i++) {
            look_up_row(table, bytes, static_cast<Element*>(part.data) + part.offsets[i] + (first - part.begin), last - first);
        }
    }
}

}  // namespace
}  // namespace FN_NAMESPACE
