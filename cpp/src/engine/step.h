#pragma once

#include "engine/grid.h"
#include "engine/model.h"
#include "engine/tensor.h"
#include "memory.h"

#include <functional>
#include <memory>
#include <string>

namespace fn {

/** What a thread has to itself while it runs steps. In cache lines of its own: it is written for every tile. */
struct alignas(64) Scratch {
    template <class T>
    using List = std::vector<T, OwnLines<T>>;

    List<Run> runs;
    List<Segment> segments;
    List<int32_t> touched_offsets, rest_offsets, dense_offsets;
    List<WinogradTile> tiles;
    char* pixels = nullptr;    // the caller's pixels, converted
    char* windows = nullptr;   // a 3x3 convolution's windows at Winograd's points
    char* products = nullptr;  // and what they are multiplied to
    char* conv = nullptr;      // a tile behind the 3x3 convolution
    char* hidden = nullptr;    // and behind the expansion
};

/** What every thread of a call needs to know. */
struct Call {
    const void* src;
    int64_t src_row_bytes;
    const int64_t* dst;   // addresses
    int64_t first_image;  // the first of the batch's images that the tensors hold
};

/** What the caller's dense memory has before the images that a tensor holds, in bytes. */
inline int64_t bytes_before(const Tensor& t, const Call& call) {
    return call.first_image * t.height * t.width * t.channels * t.element_bytes();
}

/** The pixels of a tensor in the caller's source. */
inline const char* source_of(const Tensor& t, const Call& call) {
    return static_cast<const char*>(call.src) + bytes_before(t, call);
}

/** The pixels of a tensor in the caller's output. */
inline char* output_of(const Tensor& t, const Call& call) {
    return reinterpret_cast<char*>(call.dst[t.output]) + bytes_before(t, call);
}

/** Where the rest of a tensor is read. */
inline const char* rest_of(const Tensor& t, const Call& call) {
    return t.in_source ? source_of(t, call) + t.split * t.element_bytes() : t.rest;
}

/** Where the rest of a tensor is written; in the output that is all of it. */
inline char* result_of(const Tensor& t, const Call& call) { return t.output >= 0 ? output_of(t, call) : t.rest; }

/** What all steps of a program have in common. */
struct StepContext {
    const Kernels& kernels;
    size_t element_bytes;
    int32_t threads;
    int64_t max_rows;  // of a tile
};

inline int32_t panel_count(const StepContext& context, const PackedMatrix& matrix) {
    return panels_in(vectors_in(matrix.columns, context.kernels.lanes));
}

/** How much of each scratch buffer a step needs. */
struct ScratchNeeds {
    int64_t rows = 0;
    size_t segments = 0, pixels = 0, conv = 0, hidden = 0;
    size_t tiles = 0, windows = 0, products = 0;

    void cover(const ScratchNeeds& other) {
        rows = std::max(rows, other.rows);
        segments = std::max(segments, other.segments);
        pixels = std::max(pixels, other.pixels);
        conv = std::max(conv, other.conv);
        hidden = std::max(hidden, other.hidden);
        tiles = std::max(tiles, other.tiles);
        windows = std::max(windows, other.windows);
        products = std::max(products, other.products);
    }
};

/** Work in pieces that need not wait for each other. Steps do: each begins when the one before is done. */
class Step {
public:
    /** @param dst what the step makes */
    Step(std::string step_name, const Tensor& dst, int64_t products, const Grid& step_grid)
        : name(std::move(step_name)),
          shape{dst.images, dst.channels, dst.height, dst.width},
          multiply_adds(products),
          grid(step_grid) {}
    virtual ~Step() = default;

    virtual void run(const Piece& piece, Scratch& scratch, const Call& call) const = 0;

    /** For any of its pieces. */
    virtual ScratchNeeds needs() const = 0;

    const std::string name;
    const int64_t shape[4];  // images, channels, height, width
    const int64_t multiply_adds;
    const Grid grid;
    int32_t layer = 0;  // of the model, set by the plan
};

/** A step whose work is a function. */
class PieceStep : public Step {
public:
    using Body = std::function<void(const Piece&, Scratch&, const Call&)>;

    PieceStep(std::string step_name, const Tensor& dst, int64_t products, const Grid& step_grid,
              const ScratchNeeds& needs, Body body)
        : Step(std::move(step_name), dst, products, step_grid), needs_(needs), body_(std::move(body)) {
        needs_.rows = grid.tallest();
    }

    void run(const Piece& piece, Scratch& scratch, const Call& call) const override { body_(piece, scratch, call); }
    ScratchNeeds needs() const override { return needs_; }

private:
    ScratchNeeds needs_;
    const Body body_;
};

}  // namespace fn
