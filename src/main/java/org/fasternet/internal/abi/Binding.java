package org.fasternet.internal.abi;

import java.nio.Buffer;
import java.util.List;
import org.fasternet.tensor.Shape;

/**
 * The functions of {@code fasternet.h} that the fused engine is used by, whichever way native code is called. Handles and
 * addresses are {@code long}s, numbers for layouts and the like are {@link Abi}'s constants, a failure is the exception of
 * {@link NativeLibrary#check}. What may be NULL there may be null here.
 */
public interface Binding {
    /**
     * A step of a program.
     *
     * @param name what it does
     * @param layer which of the layers added to the model it belongs to, from 0
     * @param dst shape of its result
     * @param multiplyAdds of one run
     */
    record Step(String name, int layer, Shape dst, long multiplyAdds) {}

    /** {@code jni} or {@code ffm}. */
    String name();

    /** Where the first element at a direct buffer's position lies; for buffers of float, short and byte. */
    long address(Buffer buffer);

    /** The ISA's number; null: the most demanding one that may be used. */
    int selectIsa(String name);

    String isaName(int isa);

    long createModel(int precision, int isa, int threads);

    /** Before the layer that it is of. */
    void quantize(long model, int[] bias, float[] scale, float residualScale, int zeroPoint, byte[] table);

    /** Before the first layer. */
    void quantizeSrc(long model, float inverseScale, int zeroPoint);

    void addInput(long model, int channels);

    void addPixelConv(long model, int layout, int inChannels, int channels, int kernel, float[] weights, float[] bias);

    void addPatchConv(long model, int channels, int kernel, float[] weights, float[] bias);

    void addBlock(
            long model, int partial, int hidden, int activation, float[] conv, float[] expand, float[] bias, float[] project);

    void addPartialConv(long model, int partial, float[] weights);

    void addPointwise(long model, int channels, int activation, float[] weights, float[] bias);

    void addPool(long model);

    void addOutput(long model, int layout, int write, float[] scale, float[] shift);

    void finishModel(long model);

    long packedBytes(long model);

    void destroyModel(long model);

    long createProgram(long model, int layout, Shape src, int threads, int spinMicros);

    List<Step> steps(long program);

    long arenaBytes(long program);

    /** One native call, which allocates nothing on the Java heap. */
    void run(long program, long src, long srcRowBytes, long dsts);

    void profile(long program, boolean on);

    /** @param times address of a row of 1 + threads {@code long}s for each step */
    void stepTimes(long program, long times);

    void destroyProgram(long program);
}
