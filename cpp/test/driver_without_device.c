// A libcuda.so.1 for machines without a GPU, for tests only: NVIDIA's libraries load, cuDNN builds plans and NVRTC compiles, but there
// is no device and nothing is ever computed. driver_functions.h, made by native/cuda-libraries, has ABSENT(name) for each driver
// function that these libraries name.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

enum { OK = 0, NO_DEVICE = 100, NOT_FOUND = 500 };

// What loading a compiled kernel needs, which cuDNN does to finalize a plan: succeeds.
#define HANDLE(name, parameters, handle) int name parameters { *handle = (void*)64; return OK; }
HANDLE(cuLibraryLoadData, (void** library), library)
HANDLE(cuLibraryGetKernel, (void** kernel), kernel)
HANDLE(cuKernelGetFunction, (void** function), function)
HANDLE(cuModuleLoadData, (void** module), module)
HANDLE(cuModuleLoadDataEx, (void** module), module)
HANDLE(cuModuleGetFunction, (void** function), function)
int cuLibraryUnload(void) { return OK; }
int cuModuleUnload(void) { return OK; }
int cuKernelSetAttribute(void) { return OK; }
int cuFuncSetAttribute(void) { return OK; }
int cuFuncLoad(void) { return OK; }
int cuFuncIsLoaded(int* state) { *state = 1; return OK; }
int cuFuncGetAttribute(int* value) { *value = 64; return OK; }
int cuKernelGetAttribute(int* value) { *value = 64; return OK; }

int cuDriverGetVersion(int* version) { *version = 13000; return OK; }
int cuGetErrorString(int error, const char** text) { *text = "a driver without a device"; return OK; }
int cuGetErrorName(int error, const char** text) { *text = "CUDA_ERROR_NO_DEVICE"; return OK; }

int cuGetProcAddress_v2(const char* name, void** function, int version, unsigned long long flags, int* found) {
    char newer[256];
    void* self = dlopen("libcuda.so.1", RTLD_NOLOAD | RTLD_NOW);
    snprintf(newer, sizeof newer, "%s_v2", name);
    *function = dlsym(self, newer);
    if (*function == NULL) *function = dlsym(self, name);
    if (found != NULL) *found = *function == NULL;
    return *function == NULL ? NOT_FOUND : OK;
}
int cuGetProcAddress(const char* name, void** function, int version, unsigned long long flags) {
    return cuGetProcAddress_v2(name, function, version, flags, NULL);
}

#define ABSENT(name) int name(void) { return NO_DEVICE; }
#include "driver_functions.h"
