package org.fasternet.bench.op;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.Precision;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.schedule.ElementType;
import org.fasternet.tensor.HalfPrecision;
import org.fasternet.tensor.Shape;

/**
 * Memory for one source or result of a kernel, aligned to a cache line and freed by {@link #close}: direct buffers that Java
 * allocates start 16 bytes behind one, and live until the next garbage collection.
 */
final class NativeTensor implements AutoCloseable {
    private final NativeMemory memory;
    private final Buffer buffer;

    private NativeTensor(Shape shape, Precision precision) {
        long bytes = (long) shape.elements() * ElementType.of(precision).bytes();
        memory = NativeMemory.allocate(bytes);
        Pointer pointer = memory.pointer().capacity(bytes);
        // Written, every page gets memory of its own: those that were only ever read would all be the system's one page of zeros.
        Pointer.memset(pointer, 0, bytes);
        ByteBuffer all = pointer.asByteBuffer().order(ByteOrder.nativeOrder());
        buffer = precision == Precision.F32 ? all.asFloatBuffer() : all.asShortBuffer();
    }

    /** @throws org.fasternet.NativeException if the system refuses the memory */
    static NativeTensor zeros(Shape shape, Precision precision) {
        return new NativeTensor(shape, precision);
    }

    /** Uniform within -1 and 1, the same for the same seed. */
    static NativeTensor random(Shape shape, Precision precision, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        NativeTensor tensor = zeros(shape, precision);
        for (int i = 0; i < shape.elements(); i++) {
            float value = (float) (2 * random.nextDouble() - 1);
            if (tensor.buffer instanceof FloatBuffer floats) {
                floats.put(i, value);
            } else {
                ((ShortBuffer) tensor.buffer).put(i, HalfPrecision.floatToBf16(value));
            }
        }
        return tensor;
    }

    /** f32, or bits of bf16; not to be used after {@link #close}. */
    Buffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        memory.close();
    }
}
