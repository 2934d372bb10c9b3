package org.fasternet.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.NativeException;
import org.fasternet.internal.abi.Abi;

/**
 * Native objects and memory that are released together, last made first.
 *
 * <p>Memory comes from our own library: JavaCPP's allocator counts against a limit derived from the Java heap and would fail a
 * large model in a small JVM.
 */
final class Resources implements AutoCloseable {
    private final Deque<Runnable> releases = new ArrayDeque<>();

    /** Zeroed memory, aligned to a cache line. */
    Pointer allocate(long bytes) {
        Pointer memory = Abi.fn_alloc(bytes);
        if (memory == null) {
            throw new NativeException("the system refused " + bytes + " bytes of memory");
        }
        releases.push(() -> Abi.fn_free(memory));
        return memory;
    }

    <T> T add(T handle, Consumer<? super T> release) {
        releases.push(() -> release.accept(handle));
        return handle;
    }

    @Override
    public void close() {
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
