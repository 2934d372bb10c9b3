#pragma once
// What a plan of the fake computes: a convolution and element-wise operations, over the very strides of its tensors.
#include <map>

#include "fake.h"

namespace fake {

struct Tensor {
    std::int64_t id, type, alignment, is_virtual, dims[4], strides[4];  // N, C, H, W
};

constexpr std::int64_t CONVOLUTION = -1, ADD = 0, RELU = 100, GELU = 104;

/** `kind`: CONVOLUTION of x with b, or one of cuDNN's element-wise modes on x, with b if it has a second operand. */
struct Operation {
    std::int64_t kind, stride, padding;
    Tensor x, b, y;
};

struct Graph4 {
    std::int64_t engine = 0;
    std::vector<Operation> operations;
};

/** A graph as a text that a plan can be made of elsewhere. */
std::string text(const Graph4& graph);
bool parse(const std::string& text, Graph4& graph);

/** What is wrong with the memory of a graph's tensors, by their ids; empty if nothing is. */
std::string fault(const Graph4& graph, const std::map<std::int64_t, char*>& memory);

void compute(const Graph4& graph, const std::map<std::int64_t, char*>& memory);

}  // namespace fake
