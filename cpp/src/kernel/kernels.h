#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * What the engine asks of an ISA: one matrix product, the transforms that make a 3x3 convolution of such products, and
 * the conversion of input pixels.
 *
 * Every heavy operation of the network is the same product: its rows are pixels, its columns output channels, and the K
 * values of a row are a few runs of contiguous memory, the segments: the two halves [y1 | x2] of a block's input, the
 * rows of the window of a patch convolution. So one kernel does them all, and nothing is copied into a matrix first.
 *
 * Files compiled for one ISA include this header: it must not make the compiler emit an inline function.
 */

namespace fn {

enum class Activation : int32_t { none, relu, gelu };

/**
 * A part of K: `pieces` contiguous pieces of `length` values, piece_stride apart, such as the rows of a window. The
 * first piece of row i of a run starts at base + run.offset[tensor] + i * row_stride. All count elements; length is a
 * multiple of the kernels' group.
 */
struct Segment {
    const void* base;
    int64_t row_stride;
    int64_t piece_stride;
    int32_t pieces;
    int32_t length;
    int32_t tensor;
};

/** Rows that follow each other at the segments' strides, for instance the pixels of one image row. */
struct Run {
    int64_t offset[2];
    int32_t rows;
};

/**
 * Where the columns [begin, end) of the result go: row i, column c to data + offsets[i] + c - begin. The residual, when
 * there is one, is added from the same place of its own buffer. Rows have offsets because a tensor's border lies
 * between some of them.
 */
struct Part {
    void* data;
    const void* residual;
    const int32_t* offsets;
    int32_t begin;
    int32_t end;
};

/**
 * How int8 kernels turn their 32-bit sums into what is stored. With sum the bias and all products of a column,
 *
 *     q = table[saturate(round(f32(sum) * scale[column] + (f32(residual) - zero_point) * residual_scale) + zero_point)]
 *
 * in f32, every operation rounded to nearest, ties to even; round() likewise; saturate() to 0 and 255; without a residual the
 * second product is left out. f32 results are f32(sum) * scale[column].
 */
struct Requantization {
    const float* scale;  // per column, padded with zeros to whole vectors; at most 1/2
    float residual_scale;
    int32_t zero_point;    // 0 to 255
    const uint8_t* table;  // 256 values, or nullptr
};

/**
 * A packed K x N matrix: panels of two vectors of columns, one after the other, each as [K / group][columns][group];
 * the last panel has one to three vectors. Columns from N on are zero. bias has N values, padded with zeros to whole
 * vectors: f32, or for int8 kernels 32-bit integers.
 */
struct PackedMatrix {
    const void* panels;
    const void* bias;
    int32_t depth;    // K, every segment of it rounded up to the group
    int32_t columns;  // N
    Requantization requantization;  // for int8 kernels
};

/**
 * result = activation(rows * matrix + bias) + residual, for the panels [panel_begin, panel_end); in int8 as Requantization says.
 */
struct Product {
    const Segment* segments;
    const Run* runs;
    PackedMatrix matrix;
    Part parts[2];
    int32_t segment_count;
    int32_t run_count;
    int32_t panel_begin;
    int32_t panel_end;
    Activation activation;
    bool f32_result;  // the parts and residuals hold f32 whatever the precision
};

/**
 * Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016): a tile of 2x2
 * results of a 3x3 convolution takes 16 products for every pair of channels instead of 36,
 *
 *     Y = A' [(G g G') * (B' d B)] A,  d the 4x4 window of the tile, g the 3x3 weights, * element by element.
 *
 * So with the windows transformed by B and the weights by G, the convolution is a matrix product at each of 16 points,
 * whose rows are tiles.
 */
constexpr int32_t winograd_points = 16;

/** A tile: where its window begins in src and its four pixels in dst, row by row; an offset below 0 is not written. */
struct WinogradTile {
    int64_t window;
    int32_t pixels[4];
};

/** What a transform of tiles has at point p, tile t and channel c: values + p * point_stride + t * tile_stride + c. */
struct WinogradPoints {
    void* values;
    int64_t point_stride, tile_stride;
};

/**
 * points = B' d B of the windows in src, whose rows are row_stride and whose pixels pixel_stride elements apart. Reads
 * and writes whole vectors of channels.
 */
struct WindowTransform {
    const void* src;
    int64_t row_stride, pixel_stride;
    const WinogradTile* tiles;
    int64_t tile_count;
    int32_t channels;
    WinogradPoints points;
};

/** dst = A' m A for the channels [begin, end), m the f32 values of points. */
struct ResultTransform {
    WinogradPoints points;
    const WinogradTile* tiles;
    int64_t tile_count;
    int32_t begin, end;
    void* dst;
};

/** What 8 bits stand for: (q - zero_point) / inverse_scale. */
struct Scale {
    float inverse_scale;
    int32_t zero_point;
};

/** The kernels of one ISA and element. */
struct Kernels {
    int32_t lanes;  // f32 values in a vector
    int32_t group;  // neighbours along K that one instruction multiplies and adds: weights are packed in such groups
    /**
     * What the int8 kernels' instruction takes away from every activation: the bias has to have so many times the weights'
     * sum more.
     */
    int32_t src_offset;
    void (*multiply)(const Product& product);
    void (*transform_windows)(const WindowTransform& transform);  // nullptr for int8: the transform would need more bits
    void (*transform_results)(const ResultTransform& transform);
    /** The scale is for int8 alone: saturate(round(src * inverse_scale) + zero_point). */
    void (*convert_f32)(const float* src, void* dst, int64_t count, const Scale& scale);
    void (*convert_u8)(const uint8_t* src, void* dst, int64_t count);
};

constexpr int32_t panel_vectors = 2;

constexpr int32_t vectors_in(int32_t columns, int32_t lanes) { return (columns + lanes - 1) / lanes; }

/** An odd vector joins the last panel: three together need fewer loads per product than two and one. */
constexpr int32_t panels_in(int32_t vectors) { return vectors < panel_vectors ? 1 : vectors / panel_vectors; }

}  // namespace fn
