package org.fasternet.internal.abi;

import org.bytedeco.javacpp.Pointer;
import org.fasternet.error.NativeException;
import org.fasternet.internal.Resources;

/**
 * Memory outside the Java heap, from the library's own allocator: zeroed and aligned to a cache line. JavaCPP's allocator
 * counts the process's size against a limit derived from the Java heap, and would fail a large model in a small JVM.
 */
public final class NativeMemory implements AutoCloseable {
    private final Pointer pointer;
    private final long bytes;

    private NativeMemory(Pointer pointer, long bytes) {
        this.pointer = pointer;
        this.bytes = bytes;
    }

    /** @throws NativeException if the system refuses */
    public static NativeMemory allocate(long bytes) {
        Pointer pointer = Abi.fn_alloc(bytes);
        if (pointer == null) {
            throw new NativeException("the system refused " + bytes + " bytes of memory");
        }
        return new NativeMemory(pointer, bytes);
    }

    /** Memory that {@code owner} frees. */
    public static Pointer allocate(Resources owner, long bytes) {
        return owner.add(allocate(bytes), NativeMemory::close).pointer();
    }

    /** Room for one structure of a type that JavaCPP generated. */
    public static NativeMemory of(Class<? extends Pointer> type) {
        return allocate(Pointer.sizeof(type));
    }

    public Pointer pointer() {
        return pointer;
    }

    /** Called once. */
    @Override
    public void close() {
        Abi.fn_free(pointer, bytes);
    }
}
