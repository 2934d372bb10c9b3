package org.fasternet.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.internal.abi.NativeMemory;

/** Native objects and memory that are released together, last made first. */
final class Resources implements AutoCloseable {
    private final Deque<Runnable> releases = new ArrayDeque<>();

    Pointer allocate(long bytes) {
        NativeMemory memory = NativeMemory.allocate(bytes);
        releases.push(memory::close);
        return memory.pointer();
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
