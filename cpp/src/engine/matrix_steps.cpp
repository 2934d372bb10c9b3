#include "engine/matrix_steps.h"

#include "engine/conv3x3.h"
#include "engine/product.h"

namespace fn {

namespace {

/** A step of one matrix product whose rows are the pixels of dst. */
class MatrixStep : public Step {
public:
    MatrixStep(std::string step_name, int64_t products, const StepContext& context, const PackedMatrix& matrix,
               Activation activation, const Tensor& dst, int32_t next)
        : Step(std::move(step_name), dst, products,
               cut(dst.pixels(), panel_count(context, matrix), context.threads, context.max_rows)),
          context_(context),
          matrix_(matrix),
          activation_(activation),
          dst_(dst),
          next_(next) {}

    void run(const Piece& piece, Scratch& scratch, const Call& call) const override {
        clear(scratch);
        read(piece, scratch, call);
        Part parts[2];
        write_tensor(dst_, next_, piece.row_begin, piece.row_end, call, scratch, parts);
        add_residual(call, parts);
        multiply(context_.kernels, matrix_, activation_, dst_.element == Precision::f32, piece, parts, scratch);
    }

    ScratchNeeds needs() const override { return {grid.tallest(), max_segments(), 0, 0, 0}; }

protected:
    virtual size_t max_segments() const { return 2; }
    /** Puts the segments and runs of a piece into the scratch. */
    virtual void read(const Piece& piece, Scratch& scratch, const Call& call) const = 0;
    virtual void add_residual(const Call&, Part (&)[2]) const {}

    const StepContext context_;
    const PackedMatrix matrix_;
    const Activation activation_;
    const Tensor& dst_;
    const int32_t next_;
};

class PixelConvStep : public MatrixStep {
public:
    PixelConvStep(const StepContext& context, const PixelConv& layer, const PixelShape& src, const Tensor& dst)
        : MatrixStep("patch convolution",
                     dst.pixels() * layer.channels * layer.in_channels * layer.kernel * layer.kernel, context,
                     layer.matrix, Activation::none, dst, 0),
          src_(src),
          kernel_(layer.kernel),
          scale_(layer.src) {
        const bool planes = src.layout == PixelLayout::nchw_f32;
        windows_ = planes ? src.channels * kernel_ : kernel_;
        window_ = planes ? kernel_ : kernel_ * src.channels;
        stride_ = round_up(window_, context.kernels.group);
        direct_ = value_bytes(src.layout) == element_bytes() && stride_ == window_;
    }

    ScratchNeeds needs() const override {
        ScratchNeeds needs = MatrixStep::needs();
        if (!direct_) needs.pixels = needs.rows * windows_ * stride_ * context_.element_bytes;
        return needs;
    }

protected:
    size_t max_segments() const override { return windows_ / kernel_; }

    void read(const Piece& piece, Scratch& scratch, const Call& call) const override {
        const int64_t rows = piece.row_end - piece.row_begin;
        int64_t done = 0;
        const int32_t planes = windows_ / kernel_;
        const int64_t row_values =
            direct_ ? call.src_row_bytes / element_bytes() : rows * stride_;  // from one window row to the next
        for (int32_t p = 0; p < planes; p++) {
            const char* base = direct_ ? window_row(call, 0, 0, p * kernel_)
                                       : scratch.pixels + p * kernel_ * row_values * element_bytes();
            scratch.segments.push_back({base, stride_, row_values, kernel_, stride_, 0});
        }
        for_each_row(dst_.height, dst_.width, piece.row_begin, piece.row_end, [&](const RowPart& r) {
            int64_t offset = done * stride_;
            if (direct_) {
                offset = (window_row(call, r.image, r.y, 0) - window_row(call, 0, 0, 0)) / element_bytes() +
                         r.x * window_;
            } else {
                for (int32_t w = 0; w < windows_; w++) {
                    convert(window_row(call, r.image, r.y, w), r,
                            scratch.pixels + (w * rows + done) * stride_ * element_bytes());
                }
            }
            scratch.runs.push_back({{offset, 0}, r.count});
            done += r.count;
            for (int32_t w = 0; w < windows_; w++) fetch_ahead(window_row(call, r.image, r.y + 1, w), r);
        });
    }

private:
    int64_t element_bytes() const { return static_cast<int64_t>(context_.element_bytes); }
    int64_t pixel_bytes() const { return value_bytes(src_.layout); }

    /** The caller's image row under row w of the windows of result row y. */
    const char* window_row(const Call& call, int64_t image, int32_t y, int32_t w) const {
        const int64_t planes = src_.layout == PixelLayout::nchw_f32 ? src_.channels : 1;
        const int64_t plane = (call.first_image + image) * planes + w / kernel_;
        return static_cast<const char*>(call.src) +
               (plane * src_.height + int64_t{y} * kernel_ + w % kernel_) * call.src_row_bytes;
    }

    /** The rows of windows are many short pieces of memory, too short for the CPU to guess the next ones. */
    void fetch_ahead(const char* row, const RowPart& r) const {
        const char* begin = row + int64_t{r.x} * window_ * pixel_bytes();
        for (int64_t i = 0; i < int64_t{r.count} * window_ * pixel_bytes(); i += 64) __builtin_prefetch(begin + i);
    }

    /** Converts the values under one row of the windows of r's pixels, each window padded to whole groups. */
    void convert(const char* row, const RowPart& r, char* dst) const {
        const char* src = row + int64_t{r.x} * window_ * pixel_bytes();
        const bool padded = stride_ != window_;
        const int64_t count = padded ? window_ : int64_t{r.count} * window_;
        for (int32_t i = 0; i < (padded ? r.count : 1); i++) {
            char* window = dst + i * stride_ * element_bytes();
            const char* values = src + i * count * pixel_bytes();
            if (src_.layout == PixelLayout::nhwc_u8) {
                context_.kernels.convert_u8(reinterpret_cast<const uint8_t*>(values), window, count);
            } else {
                context_.kernels.convert_f32(reinterpret_cast<const float*>(values), window, count, scale_);
            }
        }
    }

    const PixelShape src_;
    const int32_t kernel_;
    const Scale scale_;
    int32_t windows_;  // rows of a window, over all planes
    int32_t window_;   // values in such a row
    int32_t stride_;   // window_, in whole groups
    bool direct_;      // the caller's pixels are what the kernels read
};

class PatchConvStep : public MatrixStep {
public:
    PatchConvStep(const StepContext& context, const PatchConv& layer, const Tensor& src, int32_t current,
                  const Tensor& dst)
        : MatrixStep("merging convolution",
                     dst.pixels() * layer.channels * layer.in_channels * layer.kernel * layer.kernel, context,
                     layer.matrix, Activation::none, dst, 0),
          src_(src),
          current_(current),
          kernel_(layer.kernel) {}

protected:
    void read(const Piece& piece, Scratch& scratch, const Call& call) const override {
        read_patches(src_, current_, kernel_, dst_.height, dst_.width, piece.row_begin, piece.row_end, call, scratch);
    }

private:
    const Tensor& src_;
    const int32_t current_, kernel_;
};

class PointwiseStep : public MatrixStep {
public:
    PointwiseStep(const StepContext& context, const Pointwise& layer, const Tensor& src, int32_t current,
                  const Tensor& dst)
        : MatrixStep("pointwise", dst.pixels() * layer.channels * layer.in_channels, context, layer.matrix,
                     layer.activation, dst, 0),
          src_(src),
          current_(current),
          residual_(layer.residual) {}

protected:
    void read(const Piece& piece, Scratch& scratch, const Call& call) const override {
        read_patches(src_, current_, 1, dst_.height, dst_.width, piece.row_begin, piece.row_end, call, scratch);
    }

    void add_residual(const Call& call, Part (&parts)[2]) const override {
        if (residual_) add_tensor(src_, current_, call, parts);
    }

private:
    const Tensor& src_;
    const int32_t current_;
    const bool residual_;
};

}  // namespace

std::unique_ptr<Step> pixel_conv_step(const StepContext& context, const PixelConv& layer, const PixelShape& src,
                                      const Tensor& dst) {
    return std::make_unique<PixelConvStep>(context, layer, src, dst);
}

std::unique_ptr<Step> patch_conv_step(const StepContext& context, const PatchConv& layer, const Tensor& src,
                                      int32_t current, const Tensor& dst) {
    return std::make_unique<PatchConvStep>(context, layer, src, current, dst);
}

std::unique_ptr<Step> pointwise_step(const StepContext& context, const Pointwise& layer, const Tensor& src,
                                     int32_t current, const Tensor& dst) {
    return std::make_unique<PointwiseStep>(context, layer, src, current, dst);
}

std::unique_ptr<Step> partial_conv_step(const StepContext& context, const PartialConv& layer, const Tensor& tensor,
                                        int32_t current) {
    const Conv3x3 conv(context, layer.conv, tensor, current);
    const Grid grid = conv.grid();
    return std::make_unique<PieceStep>(
        "partial convolution", tensor, tensor.pixels() * layer.partial * layer.partial * 9, grid,
        conv.needs(grid.tallest()), [=, &layer, &tensor](const Piece& piece, Scratch& scratch, const Call& call) {
            const bool outside = tensor.output >= 0;
            const auto offset = [&](int64_t image, int32_t y, int32_t x) {
                return outside ? tensor.pixel(image, y, x) * tensor.channels : tensor.touched_offset(image, y, x);
            };
            char* const dst = outside ? output_of(tensor, call) : tensor.touched[1 - current];
            conv.run(piece, offset, dst, layer.partial, scratch);
        });
}

}  // namespace fn
