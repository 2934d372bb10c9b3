package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static org.bytedeco.cuda.global.cudart.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
import static org.bytedeco.cuda.global.cudart.cuFuncSetAttribute;
import static org.bytedeco.cuda.global.cudart.cuLaunchKernelEx;
import static org.bytedeco.cuda.global.cudart.cuModuleGetFunction;
import static org.bytedeco.cuda.global.cudart.cuModuleLoadData;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCompileProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCreateProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcDestroyProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBIN;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBINSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLog;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLogSize;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUlaunchAttribute;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.fasternet.compute.ElementType;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.layer.Activation;

/** The kernels of a file in {@code cpp/cuda}, compiled for a device once per process and loaded as long as that lives. */
final class CudaKernels {
    private static final int SHARED_WITHOUT_ASKING = 48 << 10;
    /** What networks need. */
    static final String NETWORKS = "kernels.cu";
    /** A block's two 1x1 convolutions as one kernel, or the whole block. */
    static final String MLP = "mlp.cu";
    /** A 1x1 convolution of few pixels. */
    static final String DENSE = "dense.cu";
    /** Patches, and the product with their weights. */
    static final String EMBED = "embed.cu";
    /** What benchmarks need. */
    static final String PEAKS = "peaks.cu";
    /** What they include. */
    private static final String HEADER = "device.cuh";

    private static final Map<Loaded, CudaKernels> LOADED = new ConcurrentHashMap<>();

    private record Loaded(String source, int device) {}

    private final String source;
    private final CUmod_st module = new CUmod_st();
    private final Map<String, CUfunc_st> functions = new ConcurrentHashMap<>();

    private CudaKernels(String source, byte[] cubin) {
        this.source = source(source);
        try (Resources resources = new Resources()) {
            Pointer image = NativeMemory.allocate(resources, cubin.length);
            new BytePointer(image).put(cubin);
            Cuda.check(cuModuleLoadData(module, image), "load the kernels of " + source);
        }
    }

    /** Those of a device, loaded once; to be called on a thread that uses it. */
    static CudaKernels loaded(String source, int device) {
        return LOADED.computeIfAbsent(new Loaded(source, device),
                key -> new CudaKernels(source, cachedOrCompiled(source, Cuda.capability(device), PlanCache.ofProcess())));
    }

    /**
     * How many threads run a kernel.
     *
     * @param shared bytes of shared memory that a block has beside what the kernel declares
     */
    record Grid(long x, long y, long z, int threads, int shared) {}

    /**
     * Launches a kernel; early, if the stream says so.
     *
     * @param arguments the fields of its one structure
     */
    void launch(String name, Grid grid, CudaStream stream, long... arguments) {
        CUfunc_st function = functions.computeIfAbsent(name, n -> {
            CUfunc_st found = new CUfunc_st();
            Cuda.check(cuModuleGetFunction(found, module, n), "find the kernel " + n);
            return found;
        });
        if (grid.shared() > SHARED_WITHOUT_ASKING) {
            Cuda.check(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, grid.shared()),
                    "give " + name + " " + grid.shared() + " bytes of shared memory");
        }
        try (Resources resources = new Resources()) {
            Pointer structure = NativeMemory.allocate(resources, (long) arguments.length * Long.BYTES);
            new LongPointer(structure).put(arguments);
            PointerPointer<Pointer> parameters = new PointerPointer<>(NativeMemory.allocate(resources, Long.BYTES));
            parameters.put(0, structure);
            Cuda.check(cuLaunchKernelEx(configuration(resources, grid, stream), function, parameters, new PointerPointer<>((Pointer) null)),
                    "launch " + name);
        }
    }

    private static CUlaunchConfig configuration(Resources resources, Grid grid, CudaStream stream) {
        CUlaunchConfig configuration = new CUlaunchConfig(NativeMemory.allocate(resources, Pointer.sizeof(CUlaunchConfig.class)));
        configuration.gridDimX((int) grid.x()).gridDimY((int) grid.y()).gridDimZ((int) grid.z());
        configuration.blockDimX(grid.threads()).blockDimY(1).blockDimZ(1).sharedMemBytes(grid.shared()).hStream(stream.handle());
        if (stream.early()) {
            CUlaunchAttribute early = new CUlaunchAttribute(NativeMemory.allocate(resources, Pointer.sizeof(CUlaunchAttribute.class)));
            early.id(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION).value().programmaticStreamSerializationAllowed(1);
            configuration.attrs(early).numAttrs(1);
        }
        return configuration;
    }

    /** Machine code for a compute capability; needs no device, nor a compiler if it is in the cache. */
    static byte[] cachedOrCompiled(String source, int capability, PlanCache cache) {
        String name = source + " for sm_" + capability + ": " + source(source);
        return cache.read(name).orElseGet(() -> {
            byte[] compiled = compile(source, capability).cubin();
            cache.write(name, compiled);
            return compiled;
        });
    }

    /**
     * @param log what the compiler had to say
     */
    record Compiled(byte[] cubin, String log) {}

    /**
     * @param more options of NVRTC's
     * @throws UnsupportedException if there is no NVRTC
     */
    static Compiled compile(String source, int capability, String... more) {
        try {
            NativeLibrary.load(nvrtc.class);
        } catch (NativeException e) {
            throw new UnsupportedException("the kernels of " + source + " for sm_" + capability + " are not in the cache ("
                    + PlanCache.PROPERTY + "), and to compile them there is " + Cuda.notLoaded(e));
        }
        try (Resources resources = new Resources()) {
            _nvrtcProgram program = new _nvrtcProgram();
            check(nvrtcCreateProgram(program, text(resources, text(source)), text(resources, source), 1,
                    list(resources, List.of(text(HEADER))), list(resources, List.of(HEADER))), "read " + source, program);
            resources.add(program, p -> nvrtcDestroyProgram(p));
            List<String> options = new ArrayList<>(List.of("--gpu-architecture=sm_" + capability, "--std=c++17"));
            options.addAll(List.of(more));
            check(nvrtcCompileProgram(program, options.size(), list(resources, options)), "compile " + source + " for sm_" + capability,
                    program);
            SizeTPointer size = new SizeTPointer(NativeMemory.allocate(resources, Long.BYTES));
            check(nvrtcGetCUBINSize(program, size), "size " + source, program);
            byte[] cubin = new byte[(int) size.get()];
            BytePointer image = new BytePointer(NativeMemory.allocate(resources, cubin.length));
            check(nvrtcGetCUBIN(program, image), "hand out " + source, program);
            image.get(cubin);
            return new Compiled(cubin, log(program));
        }
    }

    private static PointerPointer<Pointer> list(Resources resources, List<String> texts) {
        PointerPointer<Pointer> list = new PointerPointer<>(NativeMemory.allocate(resources, (long) texts.size() * Long.BYTES));
        for (int i = 0; i < texts.size(); i++) {
            list.put(i, text(resources, texts.get(i)));
        }
        return list;
    }

    private static BytePointer text(Resources resources, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return new BytePointer(NativeMemory.allocate(resources, bytes.length + 1L)).put(bytes, 0, bytes.length);
    }

    /** What an element type is called in kernels' names. */
    static String suffix(ElementType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    /** What an activation is called in kernels' arguments, or none. */
    static long activation(Optional<Activation> activation) {
        return activation.map(a -> a == Activation.RELU ? 1L : 2L).orElse(0L);
    }

    /** How many of {@code by} things there must be for {@code count}. */
    static int ceil(int count, int by) {
        return (count + by - 1) / by;
    }

    /** What was compiled. */
    String source() {
        return source;
    }

    /** A file's source, after that of what it includes. */
    private static String source(String source) {
        return text(HEADER) + text(source);
    }

    private static String text(String source) {
        try (InputStream in = CudaKernels.class.getResourceAsStream(source)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(int status, String action, _nvrtcProgram program) {
        if (status != 0) {
            throw new NativeException("NVRTC could not " + action + " (error " + status + "): " + log(program));
        }
    }

    private static String log(_nvrtcProgram program) {
        try (Resources resources = new Resources()) {
            SizeTPointer size = new SizeTPointer(NativeMemory.allocate(resources, Long.BYTES));
            if (program.isNull() || nvrtcGetProgramLogSize(program, size) != 0) {
                return "no log";
            }
            BytePointer log = new BytePointer(NativeMemory.allocate(resources, Math.max(1, size.get())));
            return nvrtcGetProgramLog(program, log) == 0 ? log.getString(StandardCharsets.UTF_8) : "no log";
        }
    }
}
