#pragma once

#include "engine/step.h"

/** How tensors become the operands of Kernels::multiply. */
namespace fn {

/**
 * Segments and runs of the kernel x kernel patches of a tensor that make the pixels [begin, end) of a result height x
 * width large.
 */
inline void read_patches(const Tensor& t, int32_t current, int32_t kernel, int32_t height, int32_t width, int64_t begin,
                         int64_t end, const Call& call, Scratch& scratch) {
    const int64_t s = t.touched_stride, r = t.rest_stride;
    if (t.split > 0)
        scratch.segments.push_back(
            {t.touched[current], kernel * s, t.touched_width() * s, kernel, kernel * t.touched_stride, 0});
    if (t.split < t.channels)
        scratch.segments.push_back({rest_of(t, call), kernel * r, t.width * r, kernel, kernel * t.rest_length, 1});
    for_each_row(height, width, begin, end, [&](const RowPart& row) {
        const int64_t pixel = t.pixel(row.image, row.y * kernel, row.x * kernel);
        scratch.runs.push_back({{t.touched_offset(row.image, row.y * kernel, row.x * kernel), pixel * r}, row.count});
    });
}

/** One segment of `length` values per row, rows `stride` apart from `data` on. */
inline void read_rows(const void* data, int64_t stride, int32_t length, int64_t rows, Scratch& scratch) {
    scratch.segments.push_back({data, stride, 0, 1, length, 0});
    scratch.runs.push_back({{0, 0}, static_cast<int32_t>(rows)});
}

/** The two parts of a tensor's pixels [begin, end) as the place for a result; `next` is the touched buffer to write. */
inline void write_tensor(const Tensor& t, int32_t next, int64_t begin, int64_t end, const Call& call, Scratch& scratch,
                         Part (&parts)[2]) {
    const int32_t split = t.output >= 0 ? 0 : t.split;
    if (split > 0) {
        for_each_row(t.height, t.width, begin, end, [&](const RowPart& r) {
            const int64_t first = t.touched_offset(r.image, r.y, r.x);
            for (int32_t i = 0; i < r.count; i++) {
                scratch.touched_offsets.push_back(static_cast<int32_t>(first + int64_t{i} * t.touched_stride));
            }
        });
    }
    for (int64_t p = begin; p < end; p++) scratch.rest_offsets.push_back(static_cast<int32_t>(p * t.rest_stride));
    char* const rest = result_of(t, call);
    parts[0] = {t.touched[next], nullptr, scratch.touched_offsets.data(), 0, split};
    parts[1] = {rest, t.adds ? rest : nullptr, scratch.rest_offsets.data(), split, t.channels};
}

/** Adds a tensor, of the same channels apart, to the result that write_tensor() has found the place for. */
inline void add_tensor(const Tensor& t, int32_t current, const Call& call, Part (&parts)[2]) {
    parts[0].residual = t.touched[current];
    parts[1].residual = t.in_source ? source_of(t, call) : t.rest;
}

/** `rows` rows of `columns` values, `stride` apart from `data` on, as the place for a result. */
inline void write_rows(void* data, int32_t stride, int32_t columns, int64_t rows, Scratch& scratch, Part (&parts)[2]) {
    for (int64_t i = 0; i < rows; i++) scratch.dense_offsets.push_back(static_cast<int32_t>(i * stride));
    parts[0] = {data, nullptr, scratch.dense_offsets.data(), 0, columns};
    parts[1] = {};
}

/**
 * From one row to the next in the engine's own buffers, in elements: whole vectors, so that the padding is written too,
 * with zeros, which is what the packed weights make of it; and an odd number of cache lines, as rows an even number
 * apart meet in a few sets of the first-level cache and push each other out.
 */
inline int32_t scattered_stride(int32_t values, int32_t lanes, size_t element_bytes) {
    const int32_t line = static_cast<int32_t>(64 / element_bytes);
    const int32_t lines = round_up(round_up(values, lanes), line) / line;
    return (lines | 1) * line;
}

inline void clear(Scratch& scratch) {
    scratch.runs.clear();
    scratch.segments.clear();
    scratch.touched_offsets.clear();
    scratch.rest_offsets.clear();
    scratch.dense_offsets.clear();
}

/** Multiplies what read_...() and write_...() have put into the scratch. */
inline void multiply(const Kernels& kernels, const PackedMatrix& matrix, Activation activation, bool f32_result,
                     const Piece& piece, const Part (&parts)[2], const Scratch& scratch) {
    Product product;
    product.segments = scratch.segments.data();
    product.runs = scratch.runs.data();
    product.matrix = matrix;
    product.parts[0] = parts[0];
    product.parts[1] = parts[1];
    product.segment_count = static_cast<int32_t>(scratch.segments.size());
    product.run_count = static_cast<int32_t>(scratch.runs.size());
    product.panel_begin = piece.panel_begin;
    product.panel_end = piece.panel_end;
    product.activation = activation;
    product.f32_result = f32_result;
    kernels.multiply(product);
}

}  // namespace fn
