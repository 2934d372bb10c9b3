#include "engine/program.h"

#include "engine/block_steps.h"
#include "engine/carver.h"
#include "engine/plain_steps.h"

#include <cstring>

namespace fn {

namespace {

/** Bytes between the scratch of two threads: caches fetch ahead of what a thread writes, at most to the end of a page. */
constexpr size_t scratch_gap = 4096;

/** A layer with the tensors it reads and writes, and the touched buffer that is current before it. */
struct PlannedLayer {
    const Layer* layer;
    const Tensor* src;
    Tensor* dst;
    int32_t current;
};

bool is_source(const Layer& layer, PixelLayout layout) {
    if (std::holds_alternative<Input>(layer)) return true;
    const PixelConv* conv = std::get_if<PixelConv>(&layer);
    return conv && conv->layout == layout;
}

bool reads_pixels(const Layer& layer) {
    return std::holds_alternative<Input>(layer) || std::holds_alternative<PixelConv>(layer);
}

bool in_place(const Layer& layer) {
    return std::holds_alternative<Block>(layer) || std::holds_alternative<PartialConv>(layer) ||
           std::holds_alternative<Output>(layer);
}

/** Whether a layer's step can leave the result in the caller's memory as the output behind it would. */
bool can_be_output(const Layer& layer, const Output& output, PixelLayout elements) {
    const Quantization* quantization = quantization_of(layer);
    const bool f32 = output.layout == PixelLayout::nhwc_f32 &&
                     (elements != dense_layout(Precision::int8) ||
                      (quantization && quantization->zero_point == Quantization::dequantize));
    if (!(f32 || output.layout == elements) || !output.scale.empty()) return false;
    if (std::holds_alternative<PartialConv>(layer)) return output.write == Write::store_touched;
    if (std::holds_alternative<Block>(layer) || std::holds_alternative<Pool>(layer)) return output.write == Write::store;
    const Pointwise* pointwise = std::get_if<Pointwise>(&layer);
    const bool product = pointwise ? !pointwise->residual
                                   : std::holds_alternative<PixelConv>(layer) || std::holds_alternative<PatchConv>(layer);
    return product && output.write != Write::store_touched;
}

}  // namespace

/** Plans a program: tensors, then memory, then steps, which need the addresses. */
class Program::Plan {
public:
    explicit Plan(Program& program)
        : program_(program),
          model_(program.model()),
          options_(program.options()),
          elements_(dense_layout(model_.precision())),
          context_{model_.kernels(), model_.element_bytes(), options_.threads, options_.max_rows} {}

    void make() {
        place_layers(1);
        place_layers(images_at_once());
        reserve_tensors();
        make_blocks();
        program_.arena_ = Pages(carver_.bytes());
        bind_tensors();
        make_steps();
        add_scratch();
        program_.needs_dense_source_ = program_.tensors_.front().in_source;
        program_.can_overwrite_source_ = can_overwrite_source();
    }

private:
    /**
     * The greatest divisor of the batch whose largest tensor fits the second-level caches of all threads: images go
     * through the whole network while they are there. Weights are read again for every part, but those are fetched
     * ahead, and tensors are not.
     */
    int64_t images_at_once() const {
        constexpr size_t cache_bytes = 1 << 20;
        size_t largest = 1;
        for (const Tensor& t : program_.tensors_) largest = std::max(largest, bytes_of(t));
        const int64_t most = options_.threads * std::max<int64_t>(cache_bytes / largest, 1);
        int64_t images = std::min(options_.images, most);
        while (options_.images % images != 0) images--;
        return images;
    }

    size_t bytes_of(const Tensor& t) const {
        return (2 * t.touched_elements() + t.rest_elements()) * t.element_bytes();
    }

    void place_layers(int64_t images) {
        program_.images_at_once_ = images;
        program_.tensors_.clear();
        layers_.clear();
        Tensor* tensor = nullptr;
        int32_t current = 0;
        for (size_t i = 0; i < model_.layers().size(); i++) {
            const Layer& layer = model_.layers()[i];
            if (reads_pixels(layer) && (tensor || !is_source(layer, options_.layout))) continue;  // for another layout
            const Tensor* src = tensor;
            if (!in_place(layer)) tensor = new_tensor(i, src);
            layers_.push_back({&layer, src ? src : tensor, tensor, current});
            current = std::holds_alternative<Output>(layer) ? current : in_place(layer) ? 1 - current : 0;
        }
        place_outside();
    }

    /** Leaves in the caller's memory what can be read and written there. */
    void place_outside() {
        const Output* output = std::get_if<Output>(layers_.back().layer);
        if (!output) return;
        const Layer& last = *layers_[layers_.size() - 2].layer;
        Tensor& src = program_.tensors_.front();
        src.in_source = can_stay_in_source(src);
        if (can_be_output(last, *output, elements_) && (!in_place(last) || is_same_memory(src, *output))) {
            place_in_output(program_.tensors_.back(), *output);
        } else if (std::holds_alternative<Block>(last)) {
            src.in_source = false;  // a block in the arena updates the rest there
        }
        if (src.in_source) src.rest_stride = src.channels;
    }

    /** Programs of one layer only: a copy is a large part of their time, and no output can come before what reads the source. */
    bool can_stay_in_source(const Tensor& src) const {
        const bool one_layer = layers_.size() == 3 && std::holds_alternative<Input>(*layers_[0].layer);
        return one_layer && options_.layout == elements_ && src.rest_length == src.channels - src.split;
    }

    /** Whether a layer that changes its tensor may be given the caller's source and output as that tensor. */
    bool is_same_memory(const Tensor& src, const Output& output) const {
        return src.in_source && output.layout == options_.layout;
    }

    void place_in_output(Tensor& t, const Output& output) {
        t.output = static_cast<int32_t>(count_outputs() - 1);
        t.adds = output.write == Write::add;
        t.element = element_of(output.layout);
        t.rest_stride = t.channels;
    }

    /** The only output may then be the source: what is written at a pixel has been read, or copied, by then. */
    bool can_overwrite_source() const {
        const Output* output = std::get_if<Output>(layers_.back().layer);
        return output && output->layout == options_.layout && count_outputs() == 1 &&
               std::holds_alternative<Input>(*layers_.front().layer) &&
               std::all_of(layers_.begin() + 1, layers_.end(), [](const PlannedLayer& l) { return in_place(*l.layer); });
    }

    int64_t count_outputs() const {
        return std::count_if(layers_.begin(), layers_.end(),
                             [](const PlannedLayer& l) { return std::holds_alternative<Output>(*l.layer); });
    }

    Tensor* new_tensor(size_t index, const Tensor* src) {
        const Layer& layer = model_.layers()[index];
        Tensor t;
        t.images = program_.images_at_once_;
        t.height = src ? src->height : options_.height;
        t.width = src ? src->width : options_.width;
        int32_t divisor = 1;
        if (const PixelConv* conv = std::get_if<PixelConv>(&layer)) divisor = conv->kernel;
        if (const PatchConv* conv = std::get_if<PatchConv>(&layer)) divisor = conv->kernel;
        t.height /= divisor;
        t.width /= divisor;
        if (std::holds_alternative<Pool>(layer)) t.height = t.width = 1;
        t.channels = channels_of(layer);
        t.split = model_.split_after(index);
        t.touched_stride = round_up(t.split, context_.kernels.group);
        t.rest_stride = t.rest_length = round_up(t.channels - t.split, context_.kernels.group);
        // What is only handed to the caller need not be rounded to the element first. A residual is of the same type as its sum.
        const Pointwise* pointwise = std::get_if<Pointwise>(&layer);
        const bool only_handed = pointwise && !pointwise->residual && index + 2 == model_.layers().size() &&
                                 std::holds_alternative<Output>(model_.layers()[index + 1]);
        const Quantization* quantization = quantization_of(layer);
        const bool f32 = quantization ? quantization->zero_point == Quantization::dequantize : only_handed;
        t.element = f32 ? Precision::f32 : model_.precision();
        // A layer that adds to its argument keeps its zero point.
        if (const Input* input = std::get_if<Input>(&layer)) t.zero_point = input->zero_point;
        if (quantization && !f32) t.zero_point = quantization->zero_point;
        program_.tensors_.push_back(t);
        return &program_.tensors_.back();
    }

    void reserve_tensors() {
        for (const Tensor& t : program_.tensors_) {
            // Whole vectors are read of the last touched pixel, too.
            const size_t touched = t.touched_elements() * t.element_bytes() + Carver::alignment;
            const size_t rest = t.in_source || t.output >= 0 ? 0 : t.rest_elements() * t.element_bytes();
            offsets_.push_back({{carver_.reserve(touched), carver_.reserve(touched)}, carver_.reserve(rest)});
        }
    }

    void bind_tensors() {
        char* arena = program_.arena_.data();
        for (size_t i = 0; i < offsets_.size(); i++) {
            Tensor& t = program_.tensors_[i];
            t.touched[0] = arena + offsets_[i].touched[0];
            t.touched[1] = arena + offsets_[i].touched[1];
            t.rest = arena + offsets_[i].rest;
            if (t.zero_point == 0) continue;  // as new memory is
            for (char* touched : t.touched)
                std::memset(touched, t.zero_point, static_cast<size_t>(t.touched_elements()));
        }
    }

    /** Blocks in several steps share the memory between them: one is done before the next begins. */
    void make_blocks() {
        BlockBuffers most{};
        for (const PlannedLayer& l : layers_) {
            const Block* block = std::get_if<Block>(l.layer);
            if (!block) continue;
            blocks_.emplace_back(context_, *block, *l.dst, l.current);
            if (blocks_.back().in_one_step()) continue;
            const BlockBuffers buffers = blocks_.back().buffers();
            most.conv_bytes = std::max(most.conv_bytes, buffers.conv_bytes);
            most.hidden_bytes = std::max(most.hidden_bytes, buffers.hidden_bytes);
        }
        block_conv_ = carver_.reserve(most.conv_bytes);
        block_hidden_ = carver_.reserve(most.hidden_bytes);
    }

    void make_steps() {
        size_t blocks = 0;
        for (const PlannedLayer& l : layers_) {
            const size_t first = program_.steps_.size();
            std::visit([&](const auto& layer) { make_step(l, layer, blocks); }, *l.layer);
            for (size_t i = first; i < program_.steps_.size(); i++) {
                program_.steps_[i]->layer = static_cast<int32_t>(l.layer - model_.layers().data());
            }
        }
    }

    void make_step(const PlannedLayer& l, const Input&, size_t&) {
        if (!l.dst->in_source || l.dst->split > 0) add(input_step(context_, pixels(l.dst->channels), *l.dst));
    }
    void make_step(const PlannedLayer& l, const PixelConv& layer, size_t&) {
        add(pixel_conv_step(context_, layer, pixels(layer.in_channels), *l.dst));
    }
    void make_step(const PlannedLayer& l, const PatchConv& layer, size_t&) {
        add(patch_conv_step(context_, layer, *l.src, l.current, *l.dst));
    }
    void make_step(const PlannedLayer& l, const Pointwise& layer, size_t&) {
        add(pointwise_step(context_, layer, *l.src, l.current, *l.dst));
    }
    void make_step(const PlannedLayer& l, const PartialConv& layer, size_t&) {
        add(partial_conv_step(context_, layer, *l.dst, l.current));
    }
    void make_step(const PlannedLayer& l, const Pool& layer, size_t&) {
        add(pool_step(context_, layer, *l.src, l.current, *l.dst));
    }
    void make_step(const PlannedLayer&, const Block&, size_t& blocks) {
        char* arena = program_.arena_.data();
        blocks_[blocks++].append_steps(arena + block_conv_, arena + block_hidden_, program_.steps_);
    }
    void make_step(const PlannedLayer& l, const Output& layer, size_t&) {
        const int32_t index = static_cast<int32_t>(program_.outputs_.size());
        if (l.dst->output != index) add(output_step(context_, layer, index, *l.dst, l.current));
        program_.outputs_.push_back({l.dst, options_.images * l.dst->channels * l.dst->height * l.dst->width *
                                                value_bytes(layer.layout)});
    }

    PixelShape pixels(int32_t channels) const { return {options_.layout, channels, options_.height, options_.width}; }

    void add(std::unique_ptr<Step> step) { program_.steps_.push_back(std::move(step)); }

    /** Every thread's own memory: how much, only the steps know. */
    void add_scratch() {
        ScratchNeeds needs;
        for (const auto& step : program_.steps_) needs.cover(step->needs());
        Carver carver;
        std::vector<ScratchOffsets> offsets;
        for (int32_t i = 0; i < options_.threads; i++) {
            carver.reserve(scratch_gap);
            offsets.push_back({carver.reserve(needs.pixels), carver.reserve(needs.windows), carver.reserve(needs.products),
                               carver.reserve(needs.conv), carver.reserve(needs.hidden)});
        }
        program_.scratch_pages_ = Pages(carver.bytes());
        program_.scratches_.resize(options_.threads);
        for (int32_t i = 0; i < options_.threads; i++) {
            Scratch& s = program_.scratches_[i];
            s.pixels = program_.scratch_pages_.data() + offsets[i].pixels;
            s.windows = program_.scratch_pages_.data() + offsets[i].windows;
            s.products = program_.scratch_pages_.data() + offsets[i].products;
            s.conv = program_.scratch_pages_.data() + offsets[i].conv;
            s.hidden = program_.scratch_pages_.data() + offsets[i].hidden;
            s.touched_offsets.reserve(needs.rows);
            s.rest_offsets.reserve(needs.rows);
            s.dense_offsets.reserve(needs.rows);
            s.runs.reserve(needs.rows);
            s.segments.reserve(needs.segments);
            s.tiles.reserve(needs.tiles);
        }
    }

    struct TensorOffsets {
        size_t touched[2], rest;
    };
    struct ScratchOffsets {
        size_t pixels, windows, products, conv, hidden;
    };

    Program& program_;
    const Model& model_;
    const ProgramOptions& options_;
    const PixelLayout elements_;  // dense memory of the caller's that holds what tensors do
    const StepContext context_;
    Carver carver_;
    std::vector<PlannedLayer> layers_;
    std::vector<TensorOffsets> offsets_;
    std::deque<BlockPlan> blocks_;
    size_t block_conv_ = 0, block_hidden_ = 0;
};

Program::Program(std::shared_ptr<const Model> model, const ProgramOptions& options)
    : model_(std::move(model)), options_(options) {
    Plan(*this).make();
    std::vector<int64_t> pieces;
    for (const auto& step : steps_) pieces.push_back(step->grid.pieces());
    shared_ = std::make_unique<SharedSteps>(std::move(pieces), options_.threads);
}

int64_t Program::dense_row_bytes() const {
    const int64_t channels = options_.layout == PixelLayout::nchw_f32 ? 1 : model_->source_channels();
    return options_.width * value_bytes(options_.layout) * channels;
}

int64_t Program::source_rows() const {
    const int64_t planes = options_.layout == PixelLayout::nchw_f32 ? model_->source_channels() : 1;
    return options_.images * planes * options_.height;
}

void Program::profile(bool on) {
    const std::vector<int64_t> none(steps_.size(), 0);
    StepTimes times(on ? options_.threads : 0, {none, none});
    step_times_.swap(times);
}

void Program::run(const void* src, int64_t src_row_bytes, const int64_t* dst) {
    call_ = {src, src_row_bytes, dst, 0};
    for (ThreadTimes& times : step_times_) {
        std::fill(times.busy.begin(), times.busy.end(), 0);
        std::fill(times.whole.begin(), times.whole.end(), 0);
    }
    run_on_threads(*this, options_.threads, options_.spin_ns);
    rounds_ += static_cast<uint32_t>(options_.images / images_at_once_);
}

void Program::run(int32_t thread, int32_t threads) {
    StepClock clock(step_times_.empty() ? nullptr : &step_times_[thread]);
    Call call = call_;
    for (uint32_t round = rounds_; call.first_image < options_.images; call.first_image += images_at_once_, round++) {
        for (size_t i = 0; i < steps_.size(); i++) {
            const Step& step = *steps_[i];
            const int32_t index = static_cast<int32_t>(i);
            const int64_t done = shared_->work(index, round, thread, threads, [&](int64_t piece) {
                step.run(step.grid.piece(piece), scratches_[thread], call);
            });
            clock.worked();
            shared_->finish(index, round, done, options_.spin_ns);
            clock.ended(i);
        }
    }
}

}  // namespace fn
