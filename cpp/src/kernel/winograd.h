#pragma once

#include "isa/this_isa.h"

/** Winograd's transforms, for the ISA and the element (element/f32.h and its like) included before. */
namespace FN_NAMESPACE {
namespace {

/** Row `point` of B' times a column of four values. */
template <class Value>
FN_INLINE Vec window_point(int point, const Value& value) {
    if (point == 0) return subtract(value(0), value(2));
    if (point == 1) return add(value(1), value(2));
    if (point == 2) return subtract(value(2), value(1));
    return subtract(value(1), value(3));
}

/** Row `pixel` of A' times a column of four values. */
template <class Value>
FN_INLINE Vec result_pixel(int pixel, const Value& value) {
    if (pixel == 0) return add(add(value(0), value(1)), value(2));
    return subtract(subtract(value(1), value(2)), value(3));
}

/**
 * Reads every row of a window twice: sixteen values and their sums would not fit the registers of most ISAs. What lies
 * behind the channels is transformed too, in whole vectors, and multiplied by nothing.
 */
void transform_windows(const fn::WindowTransform& t) {
    const Lanes whole = lanes_between(0, lanes);
    // Copies: the compiler must take every store of a vector for one that may change what `t` refers to.
    const int64_t row_stride = t.row_stride, pixel_stride = t.pixel_stride, point_stride = t.points.point_stride;
    const int32_t channels = t.channels;
    for (int64_t tile = 0; tile < t.tile_count; tile++) {
        const Element* window = static_cast<const Element*>(t.src) + t.tiles[tile].window;
        Element* points = static_cast<Element*>(t.points.values) + tile * t.points.tile_stride;
        for (int32_t c = 0; c < channels; c += lanes) {
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                Vec row[4];
#pragma GCC unroll 4
                for (int x = 0; x < 4; x++) {
                    row[x] = window_point(i, [&](int y) __attribute__((always_inline)) {
                        return load(window + y * row_stride + x * pixel_stride + c, whole);
                    });
                }
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) {
                    const Vec value = window_point(j, [&](int x) __attribute__((always_inline)) { return row[x]; });
                    store(points + (4 * i + j) * point_stride + c, value, whole);
                }
            }
        }
    }
}

void transform_results(const fn::ResultTransform& t) {
    const int64_t point_stride = t.points.point_stride;
    const int32_t end = t.end;
    Element* const dst = static_cast<Element*>(t.dst);
    for (int64_t tile = 0; tile < t.tile_count; tile++) {
        const float* points = static_cast<const float*>(t.points.values) + tile * t.points.tile_stride;
        const int32_t* pixels = t.tiles[tile].pixels;
        for (int32_t c = t.begin; c < end; c += lanes) {
            const Lanes mask = lanes_between(0, end - c < lanes ? end - c : lanes);
            Vec columns[2][4];
#pragma GCC unroll 4
            for (int x = 0; x < 4; x++) {
                Vec column[4];
#pragma GCC unroll 4
                for (int y = 0; y < 4; y++) column[y] = load(points + (4 * y + x) * point_stride + c);
#pragma GCC unroll 2
                for (int i = 0; i < 2; i++)
                    columns[i][x] = result_pixel(i, [&](int y) __attribute__((always_inline)) { return column[y]; });
            }
#pragma GCC unroll 2
            for (int i = 0; i < 2; i++) {
#pragma GCC unroll 2
                for (int j = 0; j < 2; j++) {
                    const int32_t pixel = pixels[2 * i + j];
                    if (pixel < 0) continue;
                    const Vec value =
                        result_pixel(j, [&](int x) __attribute__((always_inline)) { return columns[i][x]; });
                    store(dst + pixel + c, value, mask);
                }
            }
        }
    }
}

}  // namespace
}  // namespace FN_NAMESPACE
