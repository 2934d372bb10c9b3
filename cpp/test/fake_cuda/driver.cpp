// libcuda.so.1, as far as the back end cudnn calls it: modules that NVRTC's fake has made, and our own kernels, run on the CPU from
// their own source.
#include "../cuda_kernels_on_cpu.h"

#include <map>
#include <string>

#include "fake.h"

namespace {

constexpr int INVALID_VALUE = 1, NO_BINARY = 209, NOT_FOUND = 500;
constexpr int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
constexpr unsigned SHARED_WITHOUT_ASKING = 48 << 10;

// As CUlaunchAttribute and CUlaunchConfig.
struct LaunchAttribute {
    int id, padding, value, rest[15];
};
struct LaunchConfiguration {
    unsigned grid_x, grid_y, grid_z, block_x, block_y, block_z, shared;
    fake::Stream* stream;
    const LaunchAttribute* attributes;
    unsigned count;
};

struct Kernel {
    std::size_t arguments;
    std::function<void(Index grid, unsigned threads, unsigned shared, const void* arguments)> run;
    unsigned most_shared = SHARED_WITHOUT_ASKING;
};

/** For kernels whose threads do not wait for each other: without a thread of the CPU for each. */
template <class Arguments> Kernel independent(void (*kernel)(Arguments)) {
    return {sizeof(Arguments), [kernel](Index grid, unsigned threads, unsigned, const void* arguments) {
                gridDim = grid;
                blockDim = {threads, 1, 1};
                for (unsigned y = 0; y < grid.y; y++)
                    for (unsigned x = 0; x < grid.x; x++)
                        for (unsigned t = 0; t < threads; t++) {
                            blockIdx = {x, y, 0};
                            threadIdx = {t, 0, 0};
                            kernel(*static_cast<const Arguments*>(arguments));
                        }
            }};
}

template <class Arguments> Kernel cooperative(void (*kernel)(Arguments)) {
    return {sizeof(Arguments), [kernel](Index grid, unsigned threads, unsigned shared, const void* arguments) {
                launch(kernel, grid, threads, shared, *static_cast<const Arguments*>(arguments));
            }};
}

#define COPIES(types) {"copy_" #types, independent(copy_##types)}, {"patches_" #types, independent(patches_##types)}
#define INDEPENDENT(name) {#name, independent(name)}
#define COOPERATIVE(name) {#name, cooperative(name)}

std::map<std::string, Kernel> kernels = {
    COPIES(f32_f32), COPIES(f32_f16), COPIES(f32_bf16), COPIES(u8_f32), COPIES(u8_f16), COPIES(u8_bf16),
    COPIES(f16_f32), COPIES(f16_f16), COPIES(bf16_f32), COPIES(bf16_bf16),
    COOPERATIVE(mean_f32), COOPERATIVE(mean_f16), COOPERATIVE(mean_bf16), COOPERATIVE(conv_f32_32), COOPERATIVE(conv_f32_64),
    COOPERATIVE(partial_f16_1), COOPERATIVE(partial_f16_2), COOPERATIVE(partial_f16_3),
    COOPERATIVE(partial_bf16_1), COOPERATIVE(partial_bf16_2), COOPERATIVE(partial_bf16_3),
    COOPERATIVE(mlp_f16_2), COOPERATIVE(mlp_f16_4), COOPERATIVE(mlp_f16_8), COOPERATIVE(mlp_f16_16),
    COOPERATIVE(mlp_bf16_2), COOPERATIVE(mlp_bf16_4), COOPERATIVE(mlp_bf16_8), COOPERATIVE(mlp_bf16_16),
    COOPERATIVE(block_f16_2), COOPERATIVE(block_f16_4), COOPERATIVE(block_f16_8), COOPERATIVE(block_f16_16),
    COOPERATIVE(block_bf16_2), COOPERATIVE(block_bf16_4), COOPERATIVE(block_bf16_8), COOPERATIVE(block_bf16_16),
    COOPERATIVE(dense_f32_f32), COOPERATIVE(dense_f16_f16), COOPERATIVE(dense_f16_f32), COOPERATIVE(dense_bf16_bf16), COOPERATIVE(dense_bf16_f32),
    COOPERATIVE(embed_f32_f16), COOPERATIVE(embed_f32_bf16), COOPERATIVE(embed_u8_f16), COOPERATIVE(embed_u8_bf16),
    INDEPENDENT(pass_read), INDEPENDENT(pass_write), INDEPENDENT(pass_copy), INDEPENDENT(pass_triad),
    INDEPENDENT(multiply_adds_f32),
};

}  // namespace

#define ENTER()                                         \
    if (const int status = fake::enter(__func__)) {     \
        return status;                                  \
    }

extern "C" {

int cuModuleLoadData(void** module, const void* image) {
    ENTER();
    if (static_cast<const char*>(image) != "fake cubin for sm_" + std::to_string(fake::control().capability)) return NO_BINARY;
    *module = &kernels;
    return 0;
}

int cuModuleGetFunction(Kernel** function, void* module, const char* name) {
    ENTER();
    auto found = kernels.find(name);
    if (module != &kernels || found == kernels.end()) return NOT_FOUND;
    *function = &found->second;
    return 0;
}

int cuFuncSetAttribute(Kernel* function, int, int value) {
    ENTER();
    if (value < 0 || value > static_cast<int>(fake::SHARED_OF_BLOCK)) return INVALID_VALUE;
    function->most_shared = value;
    return 0;
}

// Stricter than CUDA: in a graph what is launched early must follow a kernel.
int cuLaunchKernelEx(const LaunchConfiguration* launch, Kernel* function, void** parameters, void**) {
    ENTER();
    const Index grid = {launch->grid_x, launch->grid_y, launch->grid_z};
    const unsigned threads = launch->block_x, shared = launch->shared;
    if (!grid.x || !grid.y || !grid.z || grid.y > 65535 || grid.z > 65535 || threads > 1024 || launch->block_y != 1 ||
        launch->block_z != 1 || shared > function->most_shared)
        return INVALID_VALUE;
    for (unsigned i = 0; i < launch->count; i++) {
        const LaunchAttribute& attribute = launch->attributes[i];
        const fake::Graph* graph = launch->stream->recording;
        if (attribute.id != PROGRAMMATIC_STREAM_SERIALIZATION || attribute.value != 1 || fake::control().capability < 90 ||
            (graph && !graph->ends_in_kernel))
            return INVALID_VALUE;
        fake::control().early++;
    }
    const char* from = static_cast<const char*>(parameters[0]);
    fake::put_kernel(*launch->stream, [=, arguments = std::vector<char>(from, from + function->arguments)] {
        function->run(grid, threads, shared, arguments.data());
    });
    return 0;
}

}  // extern "C"
