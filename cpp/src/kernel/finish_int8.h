#pragma once

#include "tile.h"

/**
 * What becomes of a register tile of 32-bit sums: scaled in f32, the residual added, rounded to 8 bits. Every step is one operation
 * of IEEE 754 that rounds to nearest, ties to even, and none is fused with another: so all ISAs have the same bits.
 */
namespace FN_NAMESPACE {
namespace {

/** sum * scale of a vector in up to four rows from `row` on; plus (residual - zero point) * residual scale. */
template <int rows, int vectors>
FN_INLINE void scale_rows(const Sum (&c)[rows][vectors], int row, int j, Vec scale, Vec (&v)[4]) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) v[i] = row + i < rows ? multiply(to_float(c[row + i < rows ? row + i : 0][j]), scale) : broadcast(0);
}

template <int count>
FN_INLINE void store_some(Element* data, const int32_t* offsets, const Vec (&v)[4], int32_t zero_point, const Lanes& mask) {
    Element* rows[4] = {};
#pragma GCC unroll 4
    for (int i = 0; i < count; i++) rows[i] = data + offsets[i];
    store_rows<count>(rows, v, zero_point, mask);
}

template <int rows, int vectors>
FN_INLINE void write_quantized(const Sum (&c)[rows][vectors], const Tile& tile, const fn::Part& part) {
    const fn::Requantization& requantization = tile.product->matrix.requantization;
    const int32_t* offsets = part.offsets + tile.result_row;
    const int32_t zero_point = requantization.zero_point;
    const Vec zero = broadcast(static_cast<float>(zero_point)), residual_scale = broadcast(requantization.residual_scale);
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const int column = tile.column + j * lanes;
        const Place place(part, column);
        if (place.empty()) continue;
        const Lanes mask = lanes_between(place.first, place.last);
        const Vec scale = load(requantization.scale + column);
        Element* const data = static_cast<Element*>(part.data) + (column - part.begin);
        const Element* const residual =
            part.residual ? static_cast<const Element*>(part.residual) + (column - part.begin) : nullptr;
#pragma GCC unroll 4
        for (int i = 0; i < rows; i += 4) {
            Vec v[4];
            scale_rows(c, i, j, scale, v);
            if (residual) {
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
                    if (i + k >= rows) continue;
                    const Vec x = subtract(load(residual + offsets[i + k], mask), zero);
                    v[k] = add(v[k], multiply(x, residual_scale));
                }
            }
            constexpr int tail = rows % 4 == 0 ? 4 : rows % 4;
            if (i + 4 <= rows) {
                store_some<4>(data, offsets + i, v, zero_point, mask);
            } else {
                store_some<tail>(data, offsets + i, v, zero_point, mask);
            }
        }
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
