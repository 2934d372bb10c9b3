#include "engine/conv3x3.h"

#include "engine/product.h"

namespace fn {

Conv3x3::Conv3x3(const StepContext& context, const ConvMatrices& matrix, const Tensor& src, int32_t current)
    : context_(context),
      matrix_(matrix),
      src_(src),
      current_(current),
      stride_(round_up(matrix[0].columns, context.kernels.lanes)) {}

namespace {

/** Points lie an odd number of cache lines apart: see scattered_stride(). */
int64_t point_stride(int64_t tiles, int32_t stride, size_t element_bytes) {
    const int64_t line = static_cast<int64_t>(64 / element_bytes);
    return ((tiles * stride + line - 1) / line | 1) * line;
}

}  // namespace

ScratchNeeds Conv3x3::needs(int64_t rows) const {
    ScratchNeeds needs{rows, 1, 0, 0, 0};
    if (!by_tiles()) return needs;
    const int64_t tiles = rows;
    needs.tiles = tiles;
    needs.windows = winograd_points * point_stride(tiles, stride_, context_.element_bytes) * context_.element_bytes;
    needs.products = winograd_points * point_stride(tiles, stride_, sizeof(float)) * sizeof(float);
    return needs;
}

void Conv3x3::run_tiles(int32_t panel_begin, int32_t panel_end, void* dst, int32_t channels, Scratch& scratch) const {
    const int64_t tiles = static_cast<int64_t>(scratch.tiles.size());
    const int32_t partial = matrix_[0].columns, lanes = context_.kernels.lanes;
    const WinogradPoints windows{scratch.windows, point_stride(tiles, stride_, context_.element_bytes), stride_};
    const WinogradPoints products{scratch.products, point_stride(tiles, stride_, sizeof(float)), stride_};
    const int64_t pixel = src_.touched_stride;
    context_.kernels.transform_windows({src_.touched[current_], src_.touched_width() * pixel, pixel,
                                        scratch.tiles.data(), tiles, partial, windows});
    Part parts[2];
    clear(scratch);
    read_rows(nullptr, stride_, matrix_[0].depth, tiles, scratch);
    write_rows(nullptr, stride_, round_up(partial, lanes), tiles, scratch, parts);
    for (int32_t point = 0; point < winograd_points; point++) {
        scratch.segments[0].base = scratch.windows + point * windows.point_stride * context_.element_bytes;
        parts[0].data = scratch.products + point * products.point_stride * sizeof(float);
        multiply(context_.kernels, matrix_[point], Activation::none, true, {0, tiles, panel_begin, panel_end}, parts,
                 scratch);
    }
    const int32_t panel = panel_vectors * lanes;
    context_.kernels.transform_results({products, scratch.tiles.data(), tiles, panel_begin * panel,
                                        panel_end == panels() ? channels : panel_end * panel, dst});
}

void Conv3x3::run_directly(const Piece& piece, void* dst, int32_t channels, Scratch& scratch) const {
    const int32_t pixel = src_.touched_stride;
    scratch.segments.assign(1, {src_.touched[current_], pixel, int64_t{src_.touched_width()} * pixel, 3, 3 * pixel, 0});
    scratch.runs.clear();
    for_each_row(src_.height, src_.width, piece.row_begin, piece.row_end, [&](const RowPart& r) {
        scratch.runs.push_back({{src_.touched_offset(r.image, r.y - 1, r.x - 1), 0}, r.count});
    });
    const Part parts[2] = {{dst, nullptr, scratch.dense_offsets.data(), 0, channels}, {}};
    multiply(context_.kernels, matrix_[0], Activation::none, false, piece, parts, scratch);
}

}  // namespace fn
