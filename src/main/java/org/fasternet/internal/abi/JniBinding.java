package org.fasternet.internal.abi;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.fasternet.tensor.Shape;

/** Through the JNI functions that JavaCPP generates: on every Java. */
public final class JniBinding implements Binding {
    public static final String NAME = "jni";

    JniBinding() {
        NativeLibrary.load(Abi.class);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long address(Buffer buffer) {
        if (buffer instanceof FloatBuffer floats) {
            return Abi.fn_address_f32(floats);
        }
        return buffer instanceof ShortBuffer shorts ? Abi.fn_address_i16(shorts) : Abi.fn_address_u8((ByteBuffer) buffer);
    }

    @Override
    public int selectIsa(String name) {
        return HostInfo.selectIsa(name);
    }

    @Override
    public String isaName(int isa) {
        return NativeLibrary.string(Abi.fn_isa_name(isa));
    }

    @Override
    public long createModel(int precision, int isa, int threads) {
        try (NativeMemory handle = NativeMemory.allocate(Long.BYTES)) {
            NativeLibrary.check(Abi.fn_model_create(precision, isa, threads, handle.pointer().address()));
            return new LongPointer(handle.pointer()).get();
        }
    }

    @Override
    public void quantize(long model, int[] bias, float[] scale, float residualScale, int zeroPoint, byte[] table) {
        NativeLibrary.check(Abi.fn_model_quantize(model, bias.length, bias, scale, residualScale, zeroPoint, table));
    }

    @Override
    public void quantizeSrc(long model, float inverseScale, int zeroPoint) {
        NativeLibrary.check(Abi.fn_model_quantize_src(model, inverseScale, zeroPoint));
    }

    @Override
    public void addInput(long model, int channels) {
        NativeLibrary.check(Abi.fn_model_add_input(model, channels));
    }

    @Override
    public void addPixelConv(long model, int layout, int inChannels, int channels, int kernel, float[] weights, float[] bias) {
        NativeLibrary.check(Abi.fn_model_add_pixel_conv(model, layout, inChannels, channels, kernel, weights, bias));
    }

    @Override
    public void addPatchConv(long model, int channels, int kernel, float[] weights, float[] bias) {
        NativeLibrary.check(Abi.fn_model_add_patch_conv(model, channels, kernel, weights, bias));
    }

    @Override
    public void addBlock(
            long model, int partial, int hidden, int activation, float[] conv, float[] expand, float[] bias, float[] project) {
        NativeLibrary.check(Abi.fn_model_add_block(model, partial, hidden, activation, conv, expand, bias, project));
    }

    @Override
    public void addPartialConv(long model, int partial, float[] weights) {
        NativeLibrary.check(Abi.fn_model_add_partial_conv(model, partial, weights));
    }

    @Override
    public void addPointwise(long model, int channels, int activation, float[] weights, float[] bias) {
        NativeLibrary.check(Abi.fn_model_add_pointwise(model, channels, activation, 0, weights, bias));
    }

    @Override
    public void addPool(long model) {
        NativeLibrary.check(Abi.fn_model_add_pool(model));
    }

    @Override
    public void addOutput(long model, int layout, int write, float[] scale, float[] shift) {
        NativeLibrary.check(Abi.fn_model_add_output(model, layout, write, scale, shift));
    }

    @Override
    public void finishModel(long model) {
        NativeLibrary.check(Abi.fn_model_finish(model));
    }

    @Override
    public long packedBytes(long model) {
        return Abi.fn_model_packed_bytes(model);
    }

    @Override
    public void destroyModel(long model) {
        Abi.fn_model_destroy(model);
    }

    @Override
    public long createProgram(long model, int layout, Shape src, int threads, int spinMicros) {
        try (NativeMemory handle = NativeMemory.allocate(Long.BYTES)) {
            NativeLibrary.check(Abi.fn_program_create(
                    model, layout, src.n(), src.h(), src.w(), threads, spinMicros, handle.pointer().address()));
            return new LongPointer(handle.pointer()).get();
        }
    }

    @Override
    public List<Step> steps(long program) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < Abi.fn_program_step_count(program); i++) {
            steps.add(step(program, i));
        }
        return steps;
    }

    private static Step step(long program, int index) {
        try (NativeMemory memory = NativeMemory.of(fn_step.class)) {
            fn_step step = new fn_step(memory.pointer());
            NativeLibrary.check(Abi.fn_program_step_get(program, index, step));
            Shape dst = new Shape((int) step.shape(0), (int) step.shape(1), (int) step.shape(2), (int) step.shape(3));
            return new Step(NativeLibrary.string(step.name()), step.layer(), dst, step.multiply_adds());
        }
    }

    @Override
    public long arenaBytes(long program) {
        return Abi.fn_program_arena_bytes(program);
    }

    @Override
    public void run(long program, long src, long srcRowBytes, long dsts) {
        NativeLibrary.check(Abi.fn_program_run(program, src, srcRowBytes, dsts));
    }

    @Override
    public void profile(long program, boolean on) {
        NativeLibrary.check(Abi.fn_program_profile(program, on ? 1 : 0));
    }

    @Override
    public void stepTimes(long program, long times) {
        NativeLibrary.check(Abi.fn_program_step_times(program, times));
    }

    @Override
    public void destroyProgram(long program) {
        Abi.fn_program_destroy(program);
    }
}
