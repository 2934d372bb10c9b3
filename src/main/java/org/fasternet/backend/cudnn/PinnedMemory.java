package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaFreeHost;
import static org.bytedeco.cuda.global.cudart.cudaHostAlloc;
import static org.bytedeco.cuda.global.cudart.cudaMemoryTypeHost;
import static org.bytedeco.cuda.global.cudart.cudaPointerGetAttributes;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.cudart.cudaPointerAttributes;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.abi.NativeMemory;

/** Memory of the host that the device reads and writes itself. Any thread may use it. */
final class PinnedMemory {
    private static final Cleaner CLEANER = Cleaner.create();

    private PinnedMemory() {}

    /** Zeros in native order, freed when neither the buffer nor a view of it can be reached any more. */
    static ByteBuffer allocate(long bytes) {
        if (bytes < 1) {
            throw new ShapeException("a pinned buffer of " + bytes + " bytes: at least 1 is needed");
        }
        int size = Buffers.size(bytes);
        Pointer memory = new Pointer();
        Cuda.check(cudaHostAlloc(memory, size, 0), "allocate " + bytes + " bytes of pinned memory for a buffer");
        long address = memory.address();
        ByteBuffer buffer = memory.capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
        Pointer.memset(memory, 0, size);
        // Not the buffer itself, which would keep it.
        CLEANER.register(buffer, () -> cudaFreeHost(new At(address)));
        return buffer;
    }

    /** Whether memory was allocated so, or registered with CUDA, here or by the application. */
    static boolean holds(long address, long bytes) {
        return isPinned(address) && isPinned(address + bytes - 1);
    }

    private static boolean isPinned(long address) {
        try (NativeMemory memory = NativeMemory.of(cudaPointerAttributes.class)) {
            cudaPointerAttributes attributes = new cudaPointerAttributes(memory.pointer());
            Cuda.check(cudaPointerGetAttributes(attributes, new At(address)), "ask whose memory it is");
            return attributes.type() == cudaMemoryTypeHost;
        }
    }
}
