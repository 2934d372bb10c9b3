// The matrix kernel. Included after an instruction set's header and its element's; everything here has internal linkage.

namespace fasternet::FN_ISA {
namespace {

constexpr int kMaxVectors = 3;
constexpr int kMaxRows = 14;

// One register tile: its rows of the segments, its panel of weights, its place in the result.
struct Tile {
    const GemmCall* call;
    const Run* run;
    int64_t run_row;     // its first row in the run
    int64_t result_row;  // and in the result
    int32_t column;
    const Element* weights;
    const float* bias;
    const char* ahead;  // weights needed soon, fetched into the second-level cache ahead_step bytes per group
    int64_t ahead_step;
};

template <Activation kActivation, int kRows, int kVectors>
FN_INLINE void activate_tile(Vec (&c)[kRows][kVectors]) {
    if constexpr (kActivation == Activation::kRelu) {
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < kVectors; ++j) c[i][j] = maximum(broadcast_f32(0.0f), c[i][j]);
    }
    if constexpr (kActivation == Activation::kGelu) {
        alignas(64) float sums[kRows * kVectors * kLanes];
        alignas(64) float results[kRows * kVectors * kLanes];
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < kVectors; ++j) store(sums + (i * kVectors + j) * kLanes, c[i][j]);
        gelu<kRows * kVectors>(sums, results);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < kVectors; ++j) c[i][j] = load(results + (i * kVectors + j) * kLanes);
    }
}

template <typename Result, int kRows, int kVectors>
FN_INLINE void write_part(const Vec (&c)[kRows][kVectors], const Tile& tile, const Part& part) {
    const int32_t* offsets = part.offsets + tile.result_row;
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
        const int column = tile.column + j * kLanes;
        const int first = part.begin > column ? part.begin - column : 0;
        const int last = part.end - column < kLanes ? part.end - column : kLanes;
        if (first >= last) continue;
        const Lanes mask = lanes(first, last);
        Result* data = static_cast<Result*>(part.data) + (column - part.begin);
        if (part.residual) {
            const Result* residual = static_cast<const Result*>(part.residual) + (column - part.begin);
#pragma GCC unroll 16
            for (int i = 0; i < kRows; ++i)
                store(data + offsets[i], add(c[i][j], load(residual + offsets[i], mask)), mask);
        } else {
#pragma GCC unroll 16
            for (int i = 0; i < kRows; ++i) store(data + offsets[i], c[i][j], mask);
        }
    }
}

// result[i][j] = activation(bias + sum over k of row i's value k times the weights' vector (k, j)) + residual. The sum is
// one chain of fused multiply-adds in the order of k: it doesn't depend on the tile's shape, nor on how work is split.
template <int kRows, int kVectors, Activation kActivation>
void multiply_tile(const Tile& tile) {
    Vec c[kRows][kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
        const Vec bias = load(tile.bias + j * kLanes);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) c[i][j] = bias;
    }
    const Element* weights = tile.weights;
    const char* ahead = tile.ahead;
    for (int32_t s = 0; s < tile.call->segment_count; ++s) {
        const Segment& segment = tile.call->segments[s];
        const int64_t stride = segment.row_stride;
        const Element* a = static_cast<const Element*>(segment.base) + tile.run->offset[segment.tensor] + tile.run_row * stride;
        for (const Element* end = a + segment.length; a < end; a += kGroup) {
            Operand b[kVectors];
#pragma GCC unroll 4
            for (int j = 0; j < kVectors; ++j) b[j] = load_weights(weights + j * kLanes * kGroup);
            weights += kVectors * kLanes * kGroup;
            prefetch(ahead);
            ahead += tile.ahead_step;
#pragma GCC unroll 16
            for (int i = 0; i < kRows; ++i) {
                const Operand x = broadcast(a + i * stride);
#pragma GCC unroll 4
                for (int j = 0; j < kVectors; ++j) c[i][j] = multiply_add_groups(x, b[j], c[i][j]);
            }
        }
    }
    activate_tile<kActivation>(c);
    for (const Part& part : tile.call->parts) {
        if (tile.call->f32_result)
            write_part<float>(c, tile, part);
        else
            write_part<Element>(c, tile, part);
    }
}

using MultiplyTile = void (*)(const Tile&);

struct TileTable {
    MultiplyTile of[3][kMaxVectors + 1][kMaxRows + 1];
};

// One entry per activation, vectors and rows up to the limit of the instruction set.
template <Activation kActivation, int kVectors, int kRows = 1>
constexpr void fill(TileTable& table) {
    if constexpr (kRows <= kRowLimit[kVectors]) {
        table.of[static_cast<int>(kActivation)][kVectors][kRows] = multiply_tile<kRows, kVectors, kActivation>;
        fill<kActivation, kVectors, kRows + 1>(table);
    } else if constexpr (kVectors < kMaxVectors) {
        fill<kActivation, kVectors + 1>(table);
    }
}

constexpr TileTable make_table() {
    TileTable table{};
    fill<Activation::kNone, 1>(table);
    fill<Activation::kRelu, 1>(table);
    fill<Activation::kGelu, 1>(table);
    return table;
}

constexpr TileTable kTable = make_table();

// All rows of all runs times one panel, in register tiles of nearly equal height.
void multiply_panel(const GemmCall& call, int32_t panel, int vectors, const char* ahead, int64_t ahead_step) {
    Tile tile;
    tile.call = &call;
    tile.column = panel * kPanelVectors * kLanes;
    tile.weights = static_cast<const Element*>(call.matrix.panels) + static_cast<int64_t>(tile.column) * call.matrix.depth;
    tile.bias = call.matrix.bias + tile.column;
    tile.result_row = 0;
    tile.ahead = ahead;
    tile.ahead_step = ahead_step;
    const MultiplyTile* multiply = kTable.of[static_cast<int>(call.activation)][vectors];
    const int limit = kRowLimit[vectors];
    for (int32_t r = 0; r < call.run_count; ++r) {
        tile.run = call.runs + r;
        tile.run_row = 0;
        for (int left = (tile.run->rows + limit - 1) / limit; left > 0; --left) {
            const int rows = (tile.run->rows - static_cast<int>(tile.run_row) + left - 1) / left;
            multiply[rows](tile);
            tile.ahead += ahead_step * (call.matrix.depth / kGroup);
            tile.run_row += rows;
            tile.result_row += rows;
        }
    }
}

void gemm(const GemmCall& call) {
    const int32_t vectors = vectors_of(call.matrix.columns, kLanes);
    const int32_t last = panels_of(vectors) - 1;
    for (int32_t panel = call.panel_begin; panel < call.panel_end; ++panel) {
        const int width = panel == last ? vectors - kPanelVectors * last : kPanelVectors;
        multiply_panel(call, panel, width, nullptr, 0);
    }
}

}  // namespace
}  // namespace fasternet::FN_ISA
