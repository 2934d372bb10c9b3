#include "cudnn_graph.h"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <sstream>

namespace fake {
namespace {

enum DataType { F32 = 0, F16 = 2, BF16 = 9 };
const std::string MARK = "{\"fake plan\": [";
constexpr std::size_t NUMBERS = sizeof(Operation) / sizeof(std::int64_t);

std::int64_t bytes(const Tensor& t) { return t.type == F32 ? 4 : 2; }

double load(const Tensor& t, const char* memory, std::int64_t at) {
    memory += at * bytes(t);
    if (t.type == F32) {
        float value;
        std::memcpy(&value, memory, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, memory, 2);
    if (t.type == F16) {
        _Float16 half;
        std::memcpy(&half, &bits, 2);
        return static_cast<double>(half);
    }
    const std::uint32_t wide = std::uint32_t{bits} << 16;
    float value;
    std::memcpy(&value, &wide, 4);
    return value;
}

void store(const Tensor& t, char* memory, std::int64_t at, double wide) {
    memory += at * bytes(t);
    const float value = static_cast<float>(wide);
    if (t.type == F32) {
        std::memcpy(memory, &value, 4);
    } else if (t.type == F16) {
        const _Float16 half = static_cast<_Float16>(value);
        std::memcpy(memory, &half, 2);
    } else {
        std::uint32_t bits;
        std::memcpy(&bits, &value, 4);
        const std::uint16_t rounded = value != value ? 0x7fff : static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        std::memcpy(memory, &rounded, 2);
    }
}

/** Values in the order N, H, W, C. */
using Values = std::vector<double>;

std::size_t count(const Tensor& t) { return static_cast<std::size_t>(t.dims[0] * t.dims[1] * t.dims[2] * t.dims[3]); }

template <class Each> void each(const Tensor& t, Each visit) {
    std::size_t i = 0;
    for (std::int64_t n = 0; n < t.dims[0]; n++)
        for (std::int64_t h = 0; h < t.dims[2]; h++)
            for (std::int64_t w = 0; w < t.dims[3]; w++)
                for (std::int64_t c = 0; c < t.dims[1]; c++)
                    visit(i++, n * t.strides[0] + c * t.strides[1] + h * t.strides[2] + w * t.strides[3]);
}

/** Between its operations a graph's values are f32. */
struct Computation {
    const std::map<std::int64_t, char*>& memory;
    std::map<std::int64_t, Values> virtuals;

    Values read(const Tensor& t) {
        if (t.is_virtual) return virtuals.at(t.id);
        Values values(count(t));
        const char* from = memory.at(t.id);
        each(t, [&](std::size_t i, std::int64_t at) { values[i] = load(t, from, at); });
        return values;
    }

    void write(const Tensor& t, Values values) {
        if (t.is_virtual) {
            for (double& value : values) value = static_cast<float>(value);
            virtuals[t.id] = std::move(values);
            return;
        }
        char* to = memory.at(t.id);
        each(t, [&](std::size_t i, std::int64_t at) { store(t, to, at, values[i]); });
    }
};

/** Weights K x C / groups x R x S. */
Values convolve(const Operation& op, const Values& x, const Values& w) {
    const std::int64_t inputs = op.b.dims[1], taps_h = op.b.dims[2], taps_w = op.b.dims[3], outputs = op.y.dims[1];
    const std::int64_t per_group = outputs / (op.x.dims[1] / inputs), height = op.x.dims[2], width = op.x.dims[3];
    Values y(count(op.y));
    std::size_t i = 0;
    for (std::int64_t n = 0; n < op.y.dims[0]; n++)
        for (std::int64_t oh = 0; oh < op.y.dims[2]; oh++)
            for (std::int64_t ow = 0; ow < op.y.dims[3]; ow++)
                for (std::int64_t k = 0; k < outputs; k++, i++)
                    for (std::int64_t r = 0; r < taps_h; r++)
                        for (std::int64_t s = 0; s < taps_w; s++) {
                            const std::int64_t h = oh * op.stride - op.padding + r, v = ow * op.stride - op.padding + s;
                            if (h < 0 || h >= height || v < 0 || v >= width) continue;
                            const double* a = &x[static_cast<std::size_t>(((n * height + h) * width + v) * op.x.dims[1] + k / per_group * inputs)];
                            const double* b = &w[static_cast<std::size_t>(((k * taps_h + r) * taps_w + s) * inputs)];
                            double sum = 0;
                            for (std::int64_t c = 0; c < inputs; c++) sum += a[c] * b[c];
                            y[i] += sum;
                        }
    return y;
}

Values pointwise(const Operation& op, Values x, Computation& computation) {
    if (op.kind == RELU)
        for (double& v : x) v = v > 0 ? v : 0;
    if (op.kind == GELU)
        for (double& v : x) v = 0.5 * v * (1 + std::erf(v / std::sqrt(2.0)));
    if (op.kind == ADD) {
        const Values b = computation.read(op.b);
        for (std::size_t i = 0; i < x.size(); i++) x[i] += b[b.size() == x.size() ? i : i % b.size()];
    }
    return x;
}

std::string fault(const Tensor& t, const std::map<std::int64_t, char*>& memory) {
    if (t.is_virtual || t.dims[0] == 0) return "";
    const auto found = memory.find(t.id);
    const std::string name = "tensor " + std::to_string(t.id);
    if (found == memory.end()) return name + " has no memory";
    if (reinterpret_cast<std::uintptr_t>(found->second) % static_cast<std::uintptr_t>(t.alignment)) return name + " is not aligned as said";
    std::int64_t last = 0;
    for (int i = 0; i < 4; i++) last += (t.dims[i] - 1) * t.strides[i];
    return reachable(found->second, static_cast<std::size_t>((last + 1) * bytes(t))) ? "" : name + " goes beyond its memory";
}

}  // namespace

std::string text(const Graph4& graph) {
    std::ostringstream out;
    out << MARK << graph.engine << ' ';
    for (const Operation& op : graph.operations) {
        std::int64_t numbers[NUMBERS];
        std::memcpy(numbers, &op, sizeof op);
        for (std::int64_t number : numbers) out << number << ' ';
    }
    out << "]}";
    return out.str();
}

bool parse(const std::string& text, Graph4& graph) {
    if (text.rfind(MARK, 0) != 0 || text.find("]}") == std::string::npos) return false;
    std::istringstream in(text.substr(MARK.size()));
    std::vector<std::int64_t> numbers;
    in >> graph.engine;
    for (std::int64_t number; in >> number;) numbers.push_back(number);
    graph.operations.resize(numbers.size() / NUMBERS);
    std::memcpy(graph.operations.data(), numbers.data(), graph.operations.size() * sizeof(Operation));
    return !graph.operations.empty() && numbers.size() % NUMBERS == 0;
}

std::string fault(const Graph4& graph, const std::map<std::int64_t, char*>& memory) {
    for (const Operation& op : graph.operations)
        for (const Tensor* t : {&op.x, &op.b, &op.y})
            if (const std::string found = fault(*t, memory); !found.empty()) return found;
    return "";
}

void compute(const Graph4& graph, const std::map<std::int64_t, char*>& memory) {
    if (graph.engine == control().slow_engine) usleep(200);
    Computation computation{memory, {}};
    for (const Operation& op : graph.operations) {
        Values x = computation.read(op.x);
        computation.write(op.y, op.kind == CONVOLUTION ? convolve(op, x, computation.read(op.b)) : pointwise(op, std::move(x), computation));
    }
}

}  // namespace fake
