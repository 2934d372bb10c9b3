#pragma once

#include "engine/step.h"

namespace fn {

/** Calls visit(image, y, x) with the upper left pixels of the tiles [begin, end), which count through the batch. */
template <class Visit>
void for_each_tile(const Tensor& t, int64_t begin, int64_t end, const Visit& visit) {
    for_each_row(t.tile_rows(), t.tile_columns(), begin, end, [&](const RowPart& r) {
        for (int32_t x = r.x; x < r.x + r.count; x++) visit(r.image, 2 * r.y, 2 * x);
    });
}

/** The same for the tiles that hold the pixels [begin, end): where those are more than a row, of whole rows. */
template <class Visit>
void for_each_tile_of_pixels(const Tensor& t, int64_t begin, int64_t end, const Visit& visit) {
    const int64_t columns = t.tile_columns(), width = t.width;
    for (int64_t row = begin / width; row * width < end;) {
        const int64_t image = row / t.height, y = row % t.height / 2;
        const int64_t next = std::min({image * t.height + 2 * y + 2, (image + 1) * t.height, (end + width - 1) / width});
        const bool one = next == row + 1;
        const int64_t first = one ? std::max(begin - row * width, int64_t{0}) / 2 : 0;
        const int64_t last = one ? (std::min(end - row * width, width) + 1) / 2 : columns;
        const int64_t tiles = (image * t.tile_rows() + y) * columns;
        for_each_tile(t, tiles + first, tiles + last, visit);
        row = next;
    }
}

/**
 * The 3x3 convolution of a tensor's touched channels, by Winograd's transform of tiles of 2x2 pixels; or directly, pixel by pixel,
 * where the kernels have no transform. Its rows are tiles or pixels.
 */
class Conv3x3 {
public:
    Conv3x3(const StepContext& context, const ConvMatrices& matrix, const Tensor& src, int32_t current);

    bool by_tiles() const { return context_.kernels.transform_windows != nullptr; }
    int32_t panels() const { return panel_count(context_, matrix_[0]); }
    /** Products of one row with one column. */
    int64_t depth() const { return by_tiles() ? int64_t{winograd_points} * matrix_[0].depth : matrix_[0].depth; }
    ScratchNeeds needs(int64_t rows) const;

    /** Pieces of its rows: those of tiles are of four times as many pixels. */
    Grid grid() const {
        return by_tiles() ? cut(src_.tiles(), panels(), context_.threads, context_.max_rows / 4)
                          : cut(src_.pixels(), panels(), context_.threads, context_.max_rows);
    }

    /** How many rows are computed for the pixels [begin, end). */
    int64_t rows_of(int64_t begin, int64_t end) const {
        if (!by_tiles()) return end - begin;
        int64_t tiles = 0;
        for_each_tile_of_pixels(src_, begin, end, [&](int64_t, int32_t, int32_t) { tiles++; });
        return tiles;
    }

    /**
     * Convolves a piece of grid().
     *
     * @param offset offset(image, y, x) says where a pixel goes, counted from dst
     * @param channels to write of a pixel: those of the result, or up to whole vectors of what is nobody's behind them
     */
    template <class Offset>
    void run(const Piece& piece, const Offset& offset, void* dst, int32_t channels, Scratch& scratch) const {
        if (!by_tiles()) return run_pixels(piece, offset, dst, channels, scratch);
        scratch.tiles.clear();
        for_each_tile(src_, piece.row_begin, piece.row_end, [&](int64_t image, int32_t y, int32_t x) {
            scratch.tiles.push_back(tile(image, y, x, offset));
        });
        run_tiles(piece.panel_begin, piece.panel_end, dst, channels, scratch);
    }

    /** Convolves a piece of pixels; offset(image, y, x) is below 0 for pixels that are not its. */
    template <class Offset>
    void run_pixels(const Piece& piece, const Offset& offset, void* dst, int32_t channels, Scratch& scratch) const {
        if (!by_tiles()) {
            scratch.dense_offsets.clear();
            for_each_row(src_.height, src_.width, piece.row_begin, piece.row_end, [&](const RowPart& r) {
                for (int32_t x = r.x; x < r.x + r.count; x++)
                    scratch.dense_offsets.push_back(static_cast<int32_t>(offset(r.image, r.y, x)));
            });
            return run_directly(piece, dst, channels, scratch);
        }
        scratch.tiles.clear();
        for_each_tile_of_pixels(src_, piece.row_begin, piece.row_end, [&](int64_t image, int32_t y, int32_t x) {
            scratch.tiles.push_back(tile(image, y, x, offset));
        });
        run_tiles(piece.panel_begin, piece.panel_end, dst, channels, scratch);
    }

private:
    /** Convolves the scratch's tiles. */
    void run_tiles(int32_t panel_begin, int32_t panel_end, void* dst, int32_t channels, Scratch& scratch) const;

    /** Convolves a piece of pixels, which go to the scratch's dense offsets. */
    void run_directly(const Piece& piece, void* dst, int32_t channels, Scratch& scratch) const;

    /** A tile whose upper left pixel is (y, x); a pixel beyond the image goes nowhere. */
    template <class Offset>
    WinogradTile tile(int64_t image, int32_t y, int32_t x, const Offset& offset) const {
        WinogradTile tile{src_.touched_offset(image, y - 1, x - 1), {}};
        for (int32_t i = 0; i < 4; i++) {
            const int32_t row = y + i / 2, column = x + i % 2;
            const bool inside = row < src_.height && column < src_.width;
            tile.pixels[i] = inside ? static_cast<int32_t>(offset(image, row, column)) : -1;
        }
        return tile;
    }

    const StepContext context_;
    const ConvMatrices& matrix_;
    const Tensor& src_;
    const int32_t current_;
    const int32_t stride_;  // from one tile to the next at a point, in elements
};

}  // namespace fn
