#include "engine/block_steps.h"

#include "engine/product.h"

namespace fn {

/** The three products of a block, on any piece of it. */
class BlockWork {
public:
    BlockWork(const StepContext& context, const Block& layer, const Tensor& tensor, int32_t current)
        : context_(context),
          layer_(layer),
          tensor_(tensor),
          current_(current),
          conv_stride_(row_stride(layer.partial)),
          hidden_stride_(row_stride(layer.hidden)) {}

    size_t conv_row_bytes() const { return conv_stride_ * context_.element_bytes; }
    size_t hidden_row_bytes() const { return hidden_stride_ * context_.element_bytes; }

    /** Here and below, `conv` and `hidden` point at the piece's first row. */
    void convolve(const Piece& piece, char* conv, Scratch& scratch) const {
        clear(scratch);
        read_windows(tensor_, current_, piece.row_begin, piece.row_end, scratch);
        write_dense(conv, conv_stride_, layer_.partial, layer_.conv, Activation::none, piece, scratch);
    }

    void expand(const Piece& piece, const char* conv, char* hidden, Scratch& scratch) const {
        const int64_t rows = piece.row_end - piece.row_begin;
        clear(scratch);
        read_rows(conv, conv_stride_, tensor_.touched_stride, rows, scratch);
        if (layer_.partial < layer_.channels) {
            const char* rest = tensor_.rest + piece.row_begin * tensor_.rest_stride * context_.element_bytes;
            scratch.segments.push_back({rest, tensor_.rest_stride, 0, 1, tensor_.rest_stride, 1});
        }
        write_dense(hidden, hidden_stride_, layer_.hidden, layer_.expand, layer_.activation, piece, scratch);
    }

    void project(const Piece& piece, const char* hidden, Scratch& scratch) const {
        clear(scratch);
        read_rows(hidden, hidden_stride_, layer_.project.depth, piece.row_end - piece.row_begin, scratch);
        Part parts[2];
        write_tensor(tensor_, 1 - current_, piece.row_begin, piece.row_end, scratch, parts);
        parts[0].residual = tensor_.touched[current_];
        parts[1].residual = tensor_.rest;
        multiply(context_.kernels, layer_.project, Activation::none, false, piece, parts, scratch);
    }

private:
    /**
     * Rows of whole vectors, so that the padding is written too: with zeros, which is what the packed weights make of
     * it. An odd number of cache lines: rows an even number apart meet in a few sets of the first-level cache and push
     * each other out.
     */
    int32_t row_stride(int32_t values) const {
        const int32_t line = static_cast<int32_t>(64 / context_.element_bytes);
        const int32_t lines = round_up(round_up(values, context_.kernels.lanes), line) / line;
        return (lines | 1) * line;
    }

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
};

namespace {

int32_t panel_count(const StepContext& context, const PackedMatrix& matrix) {
    return panels_in(vectors_in(matrix.columns, context.kernels.lanes));
}

/** The same rows of a matrix, all panels. */
Piece all_panels(const StepContext& context, const Piece& piece, const PackedMatrix& matrix) {
    return {piece.row_begin, piece.row_end, 0, panel_count(context, matrix)};
}

/** Cost of waiting for other threads, in products of vectors: about a microsecond of one core. */
constexpr int64_t meeting_cost = 8000;

int64_t cost_of(const Grid& grid, const PackedMatrix& matrix) {
    return fn::cost_of(grid) * panel_vectors * matrix.depth;
}

}  // namespace

BlockPlan::BlockPlan(const StepContext& context, const Block& layer, const Tensor& tensor, int32_t current)
    : work_(std::make_shared<BlockWork>(context, layer, tensor, current)),
      context_(context),
      layer_(layer),
      tensor_(tensor) {
    const int64_t rows = tensor.pixels(), tallest = context.max_rows;
    fused_ = cut(rows, 1, context.threads, tallest);
    conv_ = cut(rows, panel_count(context, layer.conv), context.threads, tallest);
    expand_ = cut(rows, panel_count(context, layer.expand), context.threads, tallest);
    project_ = cut(rows, panel_count(context, layer.project), context.threads, tallest);
    const auto fused_cost = [&](const PackedMatrix& matrix) {
        return cost_of(fused_, matrix) * panel_count(context, matrix);
    };
    in_one_step_ = fused_cost(layer.conv) + fused_cost(layer.expand) + fused_cost(layer.project) <=
                   cost_of(conv_, layer.conv) + cost_of(expand_, layer.expand) + cost_of(project_, layer.project) +
                       2 * meeting_cost;
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
        const ScratchNeeds needs{0, 2, 0, fused_.tallest() * work->conv_row_bytes(),
                                 fused_.tallest() * work->hidden_row_bytes()};
        append("block", fused_, conv_products + 2 * pointwise_products, needs,
               [work, context = context_, &layer = layer_](const Piece& tile, Scratch& scratch, const Call&) {
                   work->convolve(all_panels(context, tile, layer.conv), scratch.conv, scratch);
                   work->expand(all_panels(context, tile, layer.expand), scratch.conv, scratch.hidden, scratch);
                   work->project(all_panels(context, tile, layer.project), scratch.hidden, scratch);
               });
        return;
    }
    const ScratchNeeds few{0, 2, 0, 0, 0};
    const auto conv_row = [work, conv](const Piece& piece) { return conv + piece.row_begin * work->conv_row_bytes(); };
    const auto hidden_row = [work, hidden](const Piece& piece) {
        return hidden + piece.row_begin * work->hidden_row_bytes();
    };
    append("block: partial convolution", conv_, conv_products, few,
           [=](const Piece& piece, Scratch& scratch, const Call&) { work->convolve(piece, conv_row(piece), scratch); });
    append("block: expansion", expand_, pointwise_products, few,
           [=](const Piece& piece, Scratch& scratch, const Call&) {
               work->expand(piece, conv_row(piece), hidden_row(piece), scratch);
           });
    append(
        "block: projection", project_, pointwise_products, few,
        [=](const Piece& piece, Scratch& scratch, const Call&) { work->project(piece, hidden_row(piece), scratch); });
}

}  // namespace fn
