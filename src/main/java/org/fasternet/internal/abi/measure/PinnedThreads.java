package org.fasternet.internal.abi.measure;

import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.NativeLibrary;

/**
 * The calling thread and the workers of the back end {@code fused}, each on a CPU of its own until {@link #close}, which the same
 * thread calls. Only one at a time, while nothing else runs.
 */
public final class PinnedThreads implements AutoCloseable {
    static {
        NativeLibrary.load(Abi.class);
    }

    /**
     * @param threads of the runs that come, the caller's included
     * @throws org.fasternet.error.UnsupportedException if they cannot each have a CPU, or the system refuses
     */
    public PinnedThreads(int threads) {
        NativeLibrary.check(Abi.fn_threads_pin(threads));
    }

    @Override
    public void close() {
        NativeLibrary.check(Abi.fn_threads_unpin());
    }
}
