package org.fasternet.tools.bench.op;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.fasternet.DeviceBuffer;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.measure.AlignedMemory;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Shape;

/** Memory for one source or result of a kernel, aligned to a cache line and freed by {@link #close}. */
final class NativeTensor implements AutoCloseable {
    private final AlignedMemory memory;
    private final Buffer buffer;

    private NativeTensor(Shape shape, ElementType type) {
        memory = new AlignedMemory((long) shape.elements() * type.bytes());
        buffer = type.view(memory.bytes());
    }

    /** @throws org.fasternet.error.NativeException if the system refuses the memory */
    static NativeTensor zeros(Shape shape, ElementType type) {
        return new NativeTensor(shape, type);
    }

    /** Uniform within -1 and 1, or of all bytes, the same for the same seed. */
    static NativeTensor random(Shape shape, ElementType type, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        NativeTensor tensor = zeros(shape, type);
        ByteBuffer bytes = tensor.memory.bytes().duplicate().order(tensor.memory.bytes().order());
        if (type.dtype().isEmpty()) {
            for (int i = 0; i < shape.elements(); i++) {
                bytes.put(i, (byte) random.nextInt());
            }
            return tensor;
        }
        DType dtype = type.dtype().get();
        float[] value = new float[1];
        for (int i = 0; i < shape.elements(); i++) {
            value[0] = (float) (2 * random.nextDouble() - 1);
            dtype.encode(value, 0, 1, bytes);
        }
        return tensor;
    }

    /** Of the kind that the type is handed over in; not to be used after {@link #close}. */
    Buffer buffer() {
        return buffer;
    }

    /**
     * A copy on a GPU.
     *
     * @param owner frees it
     * @throws org.fasternet.error.NativeException if the GPU has not that much memory left
     */
    DeviceBuffer onDevice(Resources owner, int device) {
        DeviceBuffer copy = owner.add(DeviceBuffer.allocate(memory.bytes().capacity(), device), DeviceBuffer::close);
        copy.copyFrom(buffer);
        return copy;
    }

    @Override
    public void close() {
        memory.close();
    }
}
