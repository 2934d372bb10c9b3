#include "engine/block_steps.h"

#include "engine/conv3x3.h"
#include "engine/product.h"

#include <numeric>

namespace fn {

/** The three products of a block, on any piece of it. */
class BlockWork {
public:
    BlockWork(const StepContext& context, const Block& layer, const Tensor& tensor, int32_t current)
        : context_(context),
          layer_(layer),
          tensor_(tensor),
          current_(current),
          conv_stride_(scattered_stride(layer.partial, context.kernels.lanes, context.element_bytes)),
          hidden_stride_(scattered_stride(layer.hidden, context.kernels.lanes, context.element_bytes)),
          conv_(context, layer.conv, tensor, current) {}

    const Conv3x3& conv() const { return conv_; }

    size_t conv_row_bytes() const { return conv_stride_ * context_.element_bytes; }
    size_t hidden_row_bytes() const { return hidden_stride_ * context_.element_bytes; }

    /** A piece of the convolution's grid; `conv` points at the tensor's first pixel. */
    void convolve_rows(const Piece& piece, char* conv, Scratch& scratch) const {
        const auto offset = [&](int64_t image, int32_t y, int32_t x) { return tensor_.pixel(image, y, x) * conv_stride_; };
        conv_.run(piece, offset, conv, conv_channels(), scratch);
    }

    /** Here and below, `conv` and `hidden` point at the piece's first row. */
    void convolve(const Piece& piece, char* conv, Scratch& scratch) const {
        const auto offset = [&](int64_t image, int32_t y, int32_t x) {
            const int64_t p = tensor_.pixel(image, y, x);
            return p < piece.row_begin || p >= piece.row_end ? -1 : (p - piece.row_begin) * conv_stride_;
        };
        conv_.run_pixels({piece.row_begin, piece.row_end, 0, conv_.panels()}, offset, conv, conv_channels(), scratch);
    }

    void expand(const Piece& piece, const char* conv, char* hidden, const Call& call, Scratch& scratch) const {
        const int64_t rows = piece.row_end - piece.row_begin;
        clear(scratch);
        read_rows(conv, conv_stride_, tensor_.touched_stride, rows, scratch);
        if (layer_.partial < layer_.channels) {
            const char* rest = rest_of(tensor_, call) + piece.row_begin * tensor_.rest_stride * context_.element_bytes;
            scratch.segments.push_back({rest, tensor_.rest_stride, 0, 1, tensor_.rest_length, 1});
        }
        write_dense(hidden, hidden_stride_, layer_.hidden, layer_.expand, layer_.activation, piece, scratch);
    }

    void project(const Piece& piece, const char* hidden, const Call& call, Scratch& scratch) const {
        clear(scratch);
        read_rows(hidden, hidden_stride_, layer_.project.depth, piece.row_end - piece.row_begin, scratch);
        Part parts[2];
        write_tensor(tensor_, 1 - current_, piece.row_begin, piece.row_end, call, scratch, parts);
        add_tensor(tensor_, current_, call, parts);
        multiply(context_.kernels, layer_.project, Activation::none, false, piece, parts, scratch);
    }

private:
    int32_t conv_channels() const { return round_up(layer_.partial, context_.kernels.lanes); }

    void write_dense(char* dst, int32_t stride, int32_t columns, const PackedMatrix& matrix, Activation activation,
                     const Piece& piece, Scratch& scratch) const {
        Part parts[2];
        write_rows(dst, stride, round_up(columns, context_.kernels.lanes), piece.row_end - piece.row_begin, scratch,
                   parts);
        multiply(context_.kernels, matrix, activation, false, piece, parts, scratch);
    }

    const StepContext context_;
    const Block& layer_;
    const Tensor& tensor_;
    const int32_t current_;
    const int32_t conv_stride_, hidden_stride_;
    const Conv3x3 conv_;
};

namespace {

/** The same rows of a matrix, all panels. */
Piece all_panels(const StepContext& context, const Piece& piece, const PackedMatrix& matrix) {
    return {piece.row_begin, piece.row_end, 0, panel_count(context, matrix)};
}

/**
 * Pieces of whole pairs of image rows where those share the work as evenly: of a tile of 2x2 pixels that two pieces
 * have a part of, both compute the convolution.
 */
Grid cut_pixels(const Tensor& t, bool by_tiles, int32_t threads, int64_t max_rows) {
    const Grid by_pixel = cut(t.pixels(), 1, threads, max_rows);
    const int64_t pair = 2 * int64_t{t.width};
    if (!by_tiles || t.height % 2 != 0 || pair > 2 * max_rows) return by_pixel;
    const Grid by_pair = cut(t.pixels(), 1, threads, max_rows, pair);
    return by_pair.cost <= by_pixel.cost + by_pixel.cost / 32 ? by_pair : by_pixel;
}

/** Rows of the convolution in each piece. */
std::vector<int64_t> conv_rows_of(const Conv3x3& conv, const Grid& pixels) {
    std::vector<int64_t> rows(pixels.pieces());
    for (int64_t i = 0; i < pixels.pieces(); i++) {
        const Piece piece = pixels.piece(i);
        rows[i] = conv.rows_of(piece.row_begin, piece.row_end);
    }
    return rows;
}

/** Cost of waiting for other threads, in products of panels: about a microsecond of one core. */
constexpr int64_t meeting_cost = 4000;

}  // namespace

BlockPlan::BlockPlan(const StepContext& context, const Block& layer, const Tensor& tensor, int32_t current)
    : work_(std::make_shared<BlockWork>(context, layer, tensor, current)),
      context_(context),
      layer_(layer),
      tensor_(tensor) {
    const int64_t rows = tensor.pixels(), tallest = context.max_rows;
    const Conv3x3& conv = work_->conv();
    fused_ = cut_pixels(tensor, conv.by_tiles(), context.threads, tallest);
    const std::vector<int64_t> conv_rows = conv_rows_of(conv, fused_);
    most_conv_rows_ = *std::max_element(conv_rows.begin(), conv_rows.end());
    conv_ = conv.grid();
    expand_ = cut(rows, panel_count(context, layer.expand), context.threads, tallest);
    project_ = cut(rows, panel_count(context, layer.project), context.threads, tallest);
    // In products of panels.
    const int64_t rows_per_thread = std::accumulate(conv_rows.begin(), conv_rows.end(), int64_t{0}) / context.threads;
    const int64_t one_step = (rows_per_thread + row_overhead) * conv.panels() * conv.depth() +
                             fused_.cost * (panel_count(context, layer.expand) * layer.expand.depth +
                                            panel_count(context, layer.project) * layer.project.depth);
    const int64_t three_steps = conv_.cost * conv.depth() + expand_.cost * layer.expand.depth +
                                project_.cost * layer.project.depth + 2 * meeting_cost;
    in_one_step_ = one_step <= three_steps;
}

BlockBuffers BlockPlan::buffers() const {
    const size_t rows = tensor_.pixels();
    return {rows * work_->conv_row_bytes(), rows * work_->hidden_row_bytes()};
}

void BlockPlan::append_steps(char* conv, char* hidden, std::vector<std::unique_ptr<Step>>& steps) const {
    const int64_t conv_products = int64_t{9} * layer_.partial * layer_.partial;
    const int64_t pointwise_products = int64_t{layer_.channels} * layer_.hidden;
    const auto append = [&](const char* name, const Grid& grid, int64_t products, const ScratchNeeds& needs,
                            PieceStep::Body body) {
        steps.push_back(
            std::make_unique<PieceStep>(name, tensor_, tensor_.pixels() * products, grid, needs, std::move(body)));
    };
    const auto work = work_;
    if (in_one_step_) {
        // What lies between the products never leaves the thread's cache.
        ScratchNeeds needs{0, 2, 0, fused_.tallest() * work->conv_row_bytes(),
                           fused_.tallest() * work->hidden_row_bytes()};
        needs.cover(work->conv().needs(most_conv_rows_));
        append("block", fused_, conv_products + 2 * pointwise_products, needs,
               [work, context = context_, &layer = layer_](const Piece& tile, Scratch& scratch, const Call& call) {
                   work->convolve(tile, scratch.conv, scratch);
                   work->expand(all_panels(context, tile, layer.expand), scratch.conv, scratch.hidden, call, scratch);
                   work->project(all_panels(context, tile, layer.project), scratch.hidden, call, scratch);
               });
        return;
    }
    const ScratchNeeds few{0, 2, 0, 0, 0};
    const auto conv_row = [work, conv](const Piece& piece) { return conv + piece.row_begin * work->conv_row_bytes(); };
    const auto hidden_row = [work, hidden](const Piece& piece) {
        return hidden + piece.row_begin * work->hidden_row_bytes();
    };
    append("block: partial convolution", conv_, conv_products, work->conv().needs(conv_.tallest()),
           [=](const Piece& piece, Scratch& scratch, const Call&) { work->convolve_rows(piece, conv, scratch); });
    append("block: expansion", expand_, pointwise_products, few,
           [=](const Piece& piece, Scratch& scratch, const Call& call) {
               work->expand(piece, conv_row(piece), hidden_row(piece), call, scratch);
           });
    append("block: projection", project_, pointwise_products, few,
           [=](const Piece& piece, Scratch& scratch, const Call& call) {
               work->project(piece, hidden_row(piece), call, scratch);
           });
}

}  // namespace fn
