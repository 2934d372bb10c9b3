// What the engine asks of an instruction set: one matrix kernel and the conversions of input pixels.
//
// Every heavy operation of the network is the same product: rows are pixels, columns are output channels, and the K
// values of a row are a few runs of contiguous memory ("segments"): the three image rows under a 3x3 window, the two
// halves [y1 | x2] of a block's input, the window of a patch convolution. So there is one kernel and no im2col.
//
// This header is included by files compiled for one instruction set each: it must not instantiate anything inline.
#pragma once

#include <cstddef>
#include <cstdint>

// Kernels keep a register tile in a local array: every function it is handed to must be inlined into them.
#define FN_INLINE inline __attribute__((always_inline))

namespace fasternet {

enum class Precision : int32_t { kF32, kBf16 };
enum class Activation : int32_t { kNone, kRelu, kGelu };

// bfloat16 as storage: the upper half of an f32.
using Bf16 = uint16_t;

// A contiguous run of K: the values [0, length) of row i start at base + offset[tensor] + i * row_stride, where offset
// is the one of the row's Run. Strides and lengths count elements; length is a multiple of the kernel's group.
struct Segment {
    const void* base;
    int64_t row_stride;
    int32_t length;
    int32_t tensor;
};

// Rows that follow each other at the segments' strides, for instance the pixels of one image row.
struct Run {
    int64_t offset[2];
    int32_t rows;
};

// Where the columns [begin, end) of the result go: row i, column c to data + offsets[i] + c - begin. The residual, when
// there is one, is added from the same place of its own buffer. Offsets let rows jump over a tensor's border.
struct Part {
    void* data;
    const void* residual;
    const int32_t* offsets;
    int32_t begin;
    int32_t end;
};

// A packed K x N matrix. Panels of two vectors of columns (the last one has one to three) lie one after the other, each
// as [K / group][columns of the panel][group]; the columns past N are zero. bias has N values padded to whole vectors.
struct PackedMatrix {
    const void* panels;
    const float* bias;
    int32_t depth;    // K, with every segment rounded up to the group
    int32_t columns;  // N
};

struct GemmCall {
    const Segment* segments;
    const Run* runs;
    PackedMatrix matrix;
    Part parts[2];
    int32_t segment_count;
    int32_t run_count;
    int32_t panel_begin;
    int32_t panel_end;
    Activation activation;
    bool f32_result;  // parts hold f32 whatever the precision
};

struct Kernels {
    const char* isa;  // its name, as in FASTERNET_MAX_ISA
    Precision precision;
    int32_t lanes;  // f32 values in a vector
    int32_t group;  // neighbours of K that one instruction multiplies and adds
    void (*gemm)(const GemmCall& call);
    void (*convert_f32)(const float* src, void* dst, int64_t count);
    void (*convert_u8)(const uint8_t* src, void* dst, int64_t count);
};

constexpr int32_t kPanelVectors = 2;

constexpr int32_t vectors_of(int32_t columns, int32_t lanes) { return (columns + lanes - 1) / lanes; }

// An odd vector joins the last panel: a panel of three keeps more products per loaded value than one alone would.
constexpr int32_t panels_of(int32_t vectors) { return vectors < kPanelVectors ? 1 : vectors / kPanelVectors; }

}  // namespace fasternet
