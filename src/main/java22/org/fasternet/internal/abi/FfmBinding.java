package org.fasternet.internal.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.Buffer;
import java.util.List;
import java.util.function.LongToIntFunction;
import java.util.stream.IntStream;
import org.fasternet.error.NativeException;
import org.fasternet.tensor.Shape;

/**
 * Through java.lang.foreign. JavaCPP's loader still finds, unpacks and loads the library, and its version is checked through JNI;
 * after that no function is called through JNI, except to read the message of a failure.
 */
final class FfmBinding implements Binding {
    /** Lets a function read arrays on the Java heap, and holds up the garbage collector meanwhile: for those that copy them. */
    private static final Linker.Option HEAP = Linker.Option.critical(true);

    /** fn_step: name, shape, multiply_adds, layer and what pads it to whole words. */
    private static final long STEP_BYTES = 7 * Long.BYTES;

    FfmBinding() {
        NativeLibrary.load(Abi.class);
    }

    /** Looked up when the library is loaded; constants, so that the JVM compiles a call to little more than a jump. */
    private static final class Functions {
        private static final Linker LINKER = Linker.nativeLinker();

        /** int32_t; int64_t, also for handles; a pointer to an array on the Java heap, or what a function returns. */
        private static final ValueLayout I = JAVA_INT;
        private static final ValueLayout L = JAVA_LONG;
        private static final ValueLayout P = ADDRESS;
        private static final ValueLayout F = JAVA_FLOAT;

        static final MethodHandle ISA_SELECT = status("fn_isa_select", L, L);
        static final MethodHandle ISA_NAME = function("fn_isa_name", FunctionDescriptor.of(P, I));
        static final MethodHandle MODEL_CREATE = status("fn_model_create", I, I, I, L);
        static final MethodHandle QUANTIZE = copying("fn_model_quantize", L, I, P, P, F, I, P);
        static final MethodHandle QUANTIZE_SRC = status("fn_model_quantize_src", L, F, I);
        static final MethodHandle ADD_INPUT = status("fn_model_add_input", L, I);
        static final MethodHandle ADD_PIXEL_CONV = copying("fn_model_add_pixel_conv", L, I, I, I, I, P, P);
        static final MethodHandle ADD_PATCH_CONV = copying("fn_model_add_patch_conv", L, I, I, P, P);
        static final MethodHandle ADD_BLOCK = copying("fn_model_add_block", L, I, I, I, P, P, P, P);
        static final MethodHandle ADD_PARTIAL_CONV = copying("fn_model_add_partial_conv", L, I, P);
        static final MethodHandle ADD_POINTWISE = copying("fn_model_add_pointwise", L, I, I, I, P, P);
        static final MethodHandle ADD_POOL = status("fn_model_add_pool", L);
        static final MethodHandle ADD_OUTPUT = copying("fn_model_add_output", L, I, I, P, P);
        static final MethodHandle MODEL_FINISH = status("fn_model_finish", L);
        static final MethodHandle PACKED_BYTES = function("fn_model_packed_bytes", FunctionDescriptor.of(L, L));
        static final MethodHandle MODEL_DESTROY = function("fn_model_destroy", FunctionDescriptor.ofVoid(L));
        static final MethodHandle PROGRAM_CREATE = status("fn_program_create", L, I, L, I, I, I, I, L);
        static final MethodHandle PROGRAM_RUN = status("fn_program_run", L, L, L, L);
        static final MethodHandle ARENA_BYTES = function("fn_program_arena_bytes", FunctionDescriptor.of(L, L));
        static final MethodHandle STEP_COUNT = function("fn_program_step_count", FunctionDescriptor.of(I, L));
        static final MethodHandle STEP_GET = status("fn_program_step_get", L, I, L);
        static final MethodHandle PROGRAM_PROFILE = status("fn_program_profile", L, I);
        static final MethodHandle STEP_TIMES = status("fn_program_step_times", L, L);
        static final MethodHandle PROGRAM_DESTROY = function("fn_program_destroy", FunctionDescriptor.ofVoid(L));

        private static MethodHandle status(String name, MemoryLayout... arguments) {
            return function(name, FunctionDescriptor.of(JAVA_INT, arguments));
        }

        private static MethodHandle copying(String name, MemoryLayout... arguments) {
            return function(name, FunctionDescriptor.of(JAVA_INT, arguments), HEAP);
        }

        private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
            return LINKER.downcallHandle(SymbolLookup.loaderLookup().find(name).orElseThrow(), type, options);
        }
    }

    /** Calls what is not on the way to a kernel: boxes its arguments. */
    private static Object call(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new NativeException("a native function could not be called: " + e.getMessage(), e);
        }
    }

    private static void check(MethodHandle function, Object... arguments) {
        NativeLibrary.check((int) call(function, arguments));
    }

    private static MemorySegment array(float[] values) {
        return values == null ? MemorySegment.NULL : MemorySegment.ofArray(values);
    }

    @Override
    public String name() {
        return "ffm";
    }

    @Override
    public long address(Buffer buffer) {
        return MemorySegment.ofBuffer(buffer).address();
    }

    @Override
    public int selectIsa(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment isa = arena.allocate(JAVA_INT);
            check(Functions.ISA_SELECT, name == null ? 0L : arena.allocateFrom(name).address(), isa.address());
            return isa.get(JAVA_INT, 0);
        }
    }

    @Override
    public String isaName(int isa) {
        return string((MemorySegment) call(Functions.ISA_NAME, isa));
    }

    private static String string(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    @Override
    public long createModel(int precision, int isa, int threads) {
        return create(model -> (int) call(Functions.MODEL_CREATE, precision, isa, threads, model));
    }

    /** Calls what writes a handle to an address. */
    private static long create(LongToIntFunction function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            NativeLibrary.check(function.applyAsInt(handle.address()));
            return handle.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void quantize(long model, int[] bias, float[] scale, float residualScale, int zeroPoint, byte[] table) {
        check(Functions.QUANTIZE, model, bias.length, MemorySegment.ofArray(bias), array(scale), residualScale, zeroPoint,
                table == null ? MemorySegment.NULL : MemorySegment.ofArray(table));
    }

    @Override
    public void quantizeSrc(long model, float inverseScale, int zeroPoint) {
        check(Functions.QUANTIZE_SRC, model, inverseScale, zeroPoint);
    }

    @Override
    public void addInput(long model, int channels) {
        check(Functions.ADD_INPUT, model, channels);
    }

    @Override
    public void addPixelConv(long model, int layout, int inChannels, int channels, int kernel, float[] weights, float[] bias) {
        check(Functions.ADD_PIXEL_CONV, model, layout, inChannels, channels, kernel, array(weights), array(bias));
    }

    @Override
    public void addPatchConv(long model, int channels, int kernel, float[] weights, float[] bias) {
        check(Functions.ADD_PATCH_CONV, model, channels, kernel, array(weights), array(bias));
    }

    @Override
    public void addBlock(
            long model, int partial, int hidden, int activation, float[] conv, float[] expand, float[] bias, float[] project) {
        check(Functions.ADD_BLOCK,
                model, partial, hidden, activation, array(conv), array(expand), array(bias), array(project));
    }

    @Override
    public void addPartialConv(long model, int partial, float[] weights) {
        check(Functions.ADD_PARTIAL_CONV, model, partial, array(weights));
    }

    @Override
    public void addPointwise(long model, int channels, int activation, float[] weights, float[] bias) {
        check(Functions.ADD_POINTWISE, model, channels, activation, 0, array(weights), array(bias));
    }

    @Override
    public void addPool(long model) {
        check(Functions.ADD_POOL, model);
    }

    @Override
    public void addOutput(long model, int layout, int write, float[] scale, float[] shift) {
        check(Functions.ADD_OUTPUT, model, layout, write, array(scale), array(shift));
    }

    @Override
    public void finishModel(long model) {
        check(Functions.MODEL_FINISH, model);
    }

    @Override
    public long packedBytes(long model) {
        return (long) call(Functions.PACKED_BYTES, model);
    }

    @Override
    public void destroyModel(long model) {
        call(Functions.MODEL_DESTROY, model);
    }

    @Override
    public long createProgram(long model, int layout, Shape src, int threads, int spinMicros) {
        return create(program ->
                (int) call(Functions.PROGRAM_CREATE,
                        model, layout, (long) src.n(), src.h(), src.w(), threads, spinMicros, program));
    }

    @Override
    public List<Step> steps(long program) {
        return IntStream.range(0, (int) call(Functions.STEP_COUNT, program)).mapToObj(i -> step(program, i)).toList();
    }

    private Step step(long program, int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment step = arena.allocate(STEP_BYTES, Long.BYTES);
            check(Functions.STEP_GET, program, index, step.address());
            int[] shape = IntStream.rangeClosed(1, 4).map(word -> (int) step.getAtIndex(JAVA_LONG, word)).toArray();
            return new Step(string(step.get(ADDRESS, 0)), step.get(JAVA_INT, 6 * Long.BYTES),
                    new Shape(shape[0], shape[1], shape[2], shape[3]), step.getAtIndex(JAVA_LONG, 5));
        }
    }

    @Override
    public long arenaBytes(long program) {
        return (long) call(Functions.ARENA_BYTES, program);
    }

    @Override
    public void run(long program, long src, long srcRowBytes, long dsts) {
        int status;
        try {
            status = (int) Functions.PROGRAM_RUN.invokeExact(program, src, srcRowBytes, dsts);
        } catch (Throwable e) {
            throw new NativeException("a native function could not be called: " + e.getMessage(), e);
        }
        NativeLibrary.check(status);
    }

    @Override
    public void profile(long program, boolean on) {
        check(Functions.PROGRAM_PROFILE, program, on ? 1 : 0);
    }

    @Override
    public void stepTimes(long program, long times) {
        check(Functions.STEP_TIMES, program, times);
    }

    @Override
    public void destroyProgram(long program) {
        call(Functions.PROGRAM_DESTROY, program);
    }
}
