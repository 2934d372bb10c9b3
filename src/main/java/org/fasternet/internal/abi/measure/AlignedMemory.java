package org.fasternet.internal.abi.measure;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.internal.abi.NativeMemory;

/**
 * Zeroed memory that begins with a cache line and is freed by {@link #close}: direct buffers that Java allocates start 16 bytes
 * behind one, and live until the next garbage collection.
 */
public final class AlignedMemory implements AutoCloseable {
    private final NativeMemory memory;
    private final ByteBuffer bytes;

    /**
     * @param size bytes, at most 2^31 - 1
     * @throws org.fasternet.error.NativeException if the system refuses
     */
    public AlignedMemory(long size) {
        memory = NativeMemory.allocate(size);
        Pointer pointer = memory.pointer().capacity(size);
        // Written, every page gets memory of its own: those that were only ever read would all be the system's one page of zeros.
        Pointer.memset(pointer, 0, size);
        bytes = pointer.asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /** All of it, in native byte order; not to be used after {@link #close}. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** Called once. */
    @Override
    public void close() {
        memory.close();
    }
}
