// libnvrtc.so.13: what it "compiles" says for which architecture, and no more.
#include <cstring>
#include <string>

#include "fake.h"

struct Program {
    std::string source, cubin, log;
};

namespace {
constexpr int OUT_OF_MEMORY = 1, COMPILATION = 6;

int failure(const char* function) { return fake::enter(function) ? OUT_OF_MEMORY : 0; }

int copy(const std::string& from, char* to) {
    std::memcpy(to, from.data(), from.size());
    return 0;
}
}  // namespace

#define ENTER()                             \
    if (int status = failure(__func__)) {   \
        return status;                      \
    }

extern "C" {

int nvrtcCreateProgram(Program** program, const char* source, const char*, int, const char* const*, const char* const*) {
    ENTER();
    *program = new Program{source, "", "fake"};
    fake::created();
    return 0;
}

int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    fake::destroyed();
    return 0;
}

int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    ENTER();
    const std::string architecture = "--gpu-architecture=";
    for (int i = 0; i < count; i++)
        if (std::string(options[i]).rfind(architecture, 0) == 0) program->cubin = "fake cubin for " + std::string(options[i]).substr(architecture.size());
    fake::control().compilations++;
    return program->cubin.empty() || program->source.find("__global__") == std::string::npos ? COMPILATION : 0;
}

int nvrtcGetCUBINSize(Program* program, std::size_t* size) {
    ENTER();
    *size = program->cubin.size() + 1;
    return 0;
}

int nvrtcGetCUBIN(Program* program, char* cubin) {
    ENTER();
    cubin[program->cubin.size()] = 0;
    return copy(program->cubin, cubin);
}

int nvrtcGetProgramLogSize(Program* program, std::size_t* size) {
    *size = program->log.size() + 1;
    return 0;
}

int nvrtcGetProgramLog(Program* program, char* log) {
    log[program->log.size()] = 0;
    return copy(program->log, log);
}

}  // extern "C"
