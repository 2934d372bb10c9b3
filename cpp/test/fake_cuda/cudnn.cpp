// libcudnn_graph.so.9: the backend API, with which graphs of a convolution and element-wise operations are described. Numbers are
// those of cuDNN 9's enumerations.
#include <algorithm>
#include <cstring>
#include <map>

#include "cudnn_graph.h"

using fake::Graph4;

struct Descriptor {
    int type = 0;
    bool finished = false;
    std::map<int, std::vector<std::int64_t>> attributes;  // numbers, pointers; a character each of a text
};

namespace {

constexpr int BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000, DEVICE_ALLOCATION_FAILED = 4004;
enum Type { DATA_TYPE_HANDLE = 0, BOOLEAN = 2, INT64 = 3, FLOAT = 4, VOID_PTR = 6, BACKEND_DESCRIPTOR = 15, CHAR = 24 };
enum Kind { ENGINE = 2, ENGINECFG = 3, ENGINEHEUR = 4, PLAN = 5, CONV_FORWARD = 10, POINTWISE = 13, GRAPH = 15, VARIANT_PACK = 16 };
enum Attribute {
    POINTWISE_MODE = 0, FILTER_STRIDES = 103, PRE_PADDINGS = 105, HEUR_MODE = 200, HEUR_GRAPH = 201, HEUR_RESULTS = 202, CFG_ENGINE = 300,
    PLAN_HANDLE = 400, PLAN_CFG = 401, PLAN_WORKSPACE = 402, PLAN_JSON = 405, CONV_DESC = 702, CONV_W = 703, CONV_X = 704, CONV_Y = 705,
    PW_DESC = 750, PW_X = 751, PW_B = 752, PW_Y = 753, GRAPH_OPS = 801, ALIGNMENT = 900, DATA_TYPE = 901, DIMENSIONS = 902, STRIDES = 903,
    UNIQUE_ID = 906, VIRTUAL = 907, PACK_IDS = 1000, PACK_POINTERS = 1001, PACK_WORKSPACE = 1003, ENGINE_GRAPH = 1300,
    ENGINE_INDEX = 1301, ENGINE_NOTE = 1303, ENGINE_BEHAVIOR = 1305, DEVICE_JSON = 2702
};
constexpr int MODE_FALLBACK = 2, TENSOR_CORE = 0, RUNTIME_COMPILATION = 0;
constexpr std::int64_t WORKSPACE = 1000;

struct Handle {
    fake::Stream* stream = nullptr;
};

thread_local std::string last_error;

int fail(int status, const std::string& why) {
    last_error = why;
    return status;
}

int status_of(int cuda) { return cuda == fake::OUT_OF_MEMORY ? DEVICE_ALLOCATION_FAILED : EXECUTION_FAILED; }

std::size_t size_of(int type) {
    if (type == BOOLEAN || type == CHAR) return 1;
    return type == DATA_TYPE_HANDLE || type == INT64 || type == VOID_PTR || type == BACKEND_DESCRIPTOR ? 8 : 4;
}

const Descriptor& child(const Descriptor& parent, int attribute) {
    return *reinterpret_cast<const Descriptor*>(parent.attributes.at(attribute).at(0));
}

fake::Tensor tensor(const Descriptor& d) {
    fake::Tensor t;
    t.id = d.attributes.at(UNIQUE_ID).at(0);
    t.type = d.attributes.at(DATA_TYPE).at(0);
    t.alignment = d.attributes.at(ALIGNMENT).at(0);
    t.is_virtual = d.attributes.at(VIRTUAL).at(0);
    for (int i = 0; i < 4; i++) t.dims[i] = d.attributes.at(DIMENSIONS).at(i), t.strides[i] = d.attributes.at(STRIDES).at(i);
    return t;
}

Graph4 graph(const Descriptor& d) {
    Graph4 result;
    for (std::int64_t pointer : d.attributes.at(GRAPH_OPS)) {
        const Descriptor& op = *reinterpret_cast<const Descriptor*>(pointer);
        fake::Operation o = {};
        if (op.type == CONV_FORWARD) {
            const Descriptor& how = child(op, CONV_DESC);
            o = {fake::CONVOLUTION, how.attributes.at(FILTER_STRIDES).at(0), how.attributes.at(PRE_PADDINGS).at(0),
                 tensor(child(op, CONV_X)), tensor(child(op, CONV_W)), tensor(child(op, CONV_Y))};
        } else {
            o = {child(op, PW_DESC).attributes.at(POINTWISE_MODE).at(0), 0, 0, tensor(child(op, PW_X)), {}, tensor(child(op, PW_Y))};
            if (op.attributes.count(PW_B)) o.b = tensor(child(op, PW_B));
        }
        result.operations.push_back(o);
    }
    return result;
}

std::string device() {
    return "{\"deviceName\": \"Fake\", \"deviceVer\": " + std::to_string(10 * fake::control().capability) +
           ", \"multiProcessorCount\": 4, \"smClockRateKHz\": 1980000}";
}

int characters(const std::string& text, std::int64_t most, std::int64_t* count, char* to) {
    *count = static_cast<std::int64_t>(text.size());
    if (to) std::memcpy(to, text.data(), std::min(text.size(), static_cast<std::size_t>(most)));
    return 0;
}

int finish_plan(Descriptor& d) {
    if (d.attributes.count(PLAN_JSON)) {
        const auto& text = d.attributes.at(PLAN_JSON);
        Graph4 read;
        return fake::parse(std::string(text.begin(), text.end()), read) ? 0 : fail(BAD_PARAM, "not a plan");
    }
    const Descriptor& engine = child(child(d, PLAN_CFG), CFG_ENGINE);
    Graph4 planned = graph(child(engine, ENGINE_GRAPH));
    planned.engine = engine.attributes.at(ENGINE_INDEX).at(0);
    const std::string text = fake::text(planned);
    d.attributes[PLAN_JSON].assign(text.begin(), text.end());
    fake::control().plans++;
    return 0;
}

int execute(Handle& handle, const Descriptor& plan, const Descriptor& pack) {
    const auto& text = plan.attributes.at(PLAN_JSON);
    Graph4 graph;
    if (!fake::parse(std::string(text.begin(), text.end()), graph)) return fail(BAD_PARAM, "not a plan");
    const auto& workspace = pack.attributes.at(PACK_WORKSPACE);
    if (!fake::reachable(reinterpret_cast<void*>(workspace.at(0)), WORKSPACE)) return fail(BAD_PARAM, "the workspace is too small");
    std::map<std::int64_t, char*> memory;
    const auto& ids = pack.attributes.at(PACK_IDS);
    for (std::size_t i = 0; i < ids.size(); i++) memory[ids[i]] = reinterpret_cast<char*>(pack.attributes.at(PACK_POINTERS).at(i));
    const std::string fault = fake::fault(graph, memory);
    if (!fault.empty()) return fail(BAD_PARAM, fault);
    fake::put_kernel(*handle.stream, [=] { fake::compute(graph, memory); });
    return 0;
}

}  // namespace

#define ENTER()                                         \
    if (const int status = fake::enter(__func__)) {     \
        return status_of(status);                       \
    }

extern "C" {

std::size_t cudnnGetVersion() { return static_cast<std::size_t>(fake::control().cudnn); }

const char* cudnnGetErrorString(int status) {
    return status == EXECUTION_FAILED ? "CUDNN_STATUS_EXECUTION_FAILED"
        : status == DEVICE_ALLOCATION_FAILED ? "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED" : "CUDNN_STATUS_BAD_PARAM";
}

void cudnnGetLastErrorString(char* message, std::size_t size) {
    std::strncpy(message, last_error.c_str(), size - 1);
    message[size - 1] = 0;
}

int cudnnCreate(Handle** handle) {
    ENTER();
    *handle = new Handle;
    fake::created();
    return 0;
}

int cudnnDestroy(Handle* handle) {
    delete handle;
    fake::destroyed();
    return 0;
}

int cudnnSetStream(Handle* handle, fake::Stream* stream) {
    ENTER();
    handle->stream = stream;
    return 0;
}

int cudnnBackendCreateDescriptor(int type, Descriptor** descriptor) {
    ENTER();
    *descriptor = new Descriptor;
    (*descriptor)->type = type;
    fake::created();
    return 0;
}

int cudnnBackendDestroyDescriptor(Descriptor* descriptor) {
    delete descriptor;
    fake::destroyed();
    return 0;
}

int cudnnBackendSetAttribute(Descriptor* descriptor, int attribute, int type, std::int64_t count, const void* values) {
    ENTER();
    if (descriptor->finished) return fail(BAD_PARAM, "set after it was finalized");
    std::vector<std::int64_t>& set = descriptor->attributes[attribute];
    set.clear();
    for (std::int64_t i = 0; i < count; i++) {
        std::int64_t value = 0;
        std::memcpy(&value, static_cast<const char*>(values) + i * size_of(type), size_of(type));
        if (type == BACKEND_DESCRIPTOR && !reinterpret_cast<Descriptor*>(value)->finished) return fail(BAD_PARAM, "used before it was finalized");
        set.push_back(value);
    }
    return 0;
}

int cudnnBackendFinalize(Descriptor* descriptor) {
    ENTER();
    descriptor->finished = true;
    return descriptor->type == PLAN ? finish_plan(*descriptor) : 0;
}

int cudnnBackendGetAttribute(Descriptor* descriptor, int attribute, int, std::int64_t most, std::int64_t* count, void* values) {
    ENTER();
    auto number = [&](std::int64_t value, std::size_t size) {
        *count = 1;
        std::memcpy(values, &value, size);
        return 0;
    };
    Descriptor** filled = static_cast<Descriptor**>(values);
    switch (attribute) {
        case HEUR_RESULTS: {
            // The quick answer is one engine with tensor cores, which true f32 must not take; the fallback is one without.
            *count = 1;
            filled[0]->attributes[ENGINE_INDEX] = {descriptor->attributes.at(HEUR_MODE).at(0) == MODE_FALLBACK ? 2 : 1};
            filled[0]->attributes[ENGINE_GRAPH] = descriptor->attributes.at(HEUR_GRAPH);
            filled[0]->finished = true;
            return 0;
        }
        case CFG_ENGINE:
            *count = 1;
            filled[0]->attributes = descriptor->attributes;
            filled[0]->finished = true;
            descriptor->attributes[CFG_ENGINE] = {reinterpret_cast<std::int64_t>(filled[0])};
            return 0;
        case ENGINE_NOTE:
            if (descriptor->attributes.at(ENGINE_INDEX).at(0) == 1) return number(TENSOR_CORE, 4);
            *count = 0;
            return 0;
        case ENGINE_BEHAVIOR: return number(RUNTIME_COMPILATION, 4);
        case ENGINE_INDEX: return number(descriptor->attributes.at(ENGINE_INDEX).at(0), 8);
        case PLAN_WORKSPACE: return number(WORKSPACE, 8);
        case PLAN_JSON: {
            const auto& text = descriptor->attributes.at(PLAN_JSON);
            return characters(std::string(text.begin(), text.end()), most, count, static_cast<char*>(values));
        }
        case DEVICE_JSON: return characters(device(), most, count, static_cast<char*>(values));
        default: return fail(NOT_SUPPORTED, "attribute " + std::to_string(attribute));
    }
}

int cudnnBackendExecute(Handle* handle, Descriptor* plan, Descriptor* pack) {
    ENTER();
    if (!plan->finished || !pack->finished) return fail(BAD_PARAM, "executed before it was finalized");
    return execute(*handle, *plan, *pack);
}

}  // extern "C"
