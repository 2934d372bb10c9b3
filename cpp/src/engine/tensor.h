#pragma once

#include "engine/pack.h"

namespace fn {

/**
 * A batch of images inside the engine, channels last. The first `split` channels, which 3x3 convolutions touch, lie
 * apart in a dense tensor with a border of zeros, in 8 bits of zero points, around every image: one pixel, and another one below and on the right
 * where the height and the width are odd, as convolutions work on tiles of 2x2. There are two of it, because a block
 * reads the neighbours of what it writes; the other channels, the rest, are updated in place.
 *
 * A program need not copy what it can use where the caller has it, dense and with all channels side by side: the rest is
 * read from the source if `in_source`, and all channels are written to output number `output` if that is not negative.
 *
 * Pixels are counted through the batch, row by row.
 */
struct Tensor {
    int64_t images = 0;
    int32_t height = 0, width = 0;
    int32_t channels = 0, split = 0;
    int32_t touched_stride = 0, rest_stride = 0;  // elements from one pixel to the next
    int32_t rest_length = 0;                      // elements of a pixel's rest: whole groups of the kernels
    Precision element = Precision::f32;
    int32_t zero_point = 0;  // of 8-bit elements: what the border is full of
    bool in_source = false;
    int32_t output = -1;
    bool adds = false;  // to what the output holds
    char* touched[2] = {};
    char* rest = nullptr;

    int64_t element_bytes() const { return bytes_of(element); }
    int64_t pixels() const { return images * height * width; }
    int64_t pixel(int64_t image, int32_t y, int32_t x) const { return (image * height + y) * width + x; }

    /** In tiles of 2x2 pixels, the last ones perhaps in part beyond the image. */
    int32_t tile_rows() const { return (height + 1) / 2; }
    int32_t tile_columns() const { return (width + 1) / 2; }
    int64_t tiles() const { return images * tile_rows() * tile_columns(); }

    /** Pixels from one row of the bordered tensor to the next. */
    int32_t touched_width() const { return 2 * tile_columns() + 2; }
    int64_t touched_elements() const {
        return images * (2 * tile_rows() + 2) * touched_width() * touched_stride;
    }
    int64_t rest_elements() const { return pixels() * rest_stride; }

    /** Where a pixel of the bordered tensor starts; x and y may be -1 and the width or height: the border. */
    int64_t touched_offset(int64_t image, int32_t y, int32_t x) const {
        return ((image * (2 * tile_rows() + 2) + y + 1) * touched_width() + x + 1) * touched_stride;
    }
};

/** A part of an image row: `count` pixels from (y, x) of an image. */
struct RowPart {
    int64_t image;
    int32_t y, x, count;
};

/** Calls visit(RowPart) for the pixels [begin, end) of a batch of images, in order. */
template <class Visit>
void for_each_row(int32_t height, int32_t width, int64_t begin, int64_t end, const Visit& visit) {
    for (int64_t p = begin; p < end;) {
        const int64_t row = p / width;
        const int32_t x = static_cast<int32_t>(p % width);
        const int32_t count = static_cast<int32_t>(end - p < width - x ? end - p : width - x);
        visit(RowPart{row / height, static_cast<int32_t>(row % height), x, count});
        p += count;
    }
}

}  // namespace fn
