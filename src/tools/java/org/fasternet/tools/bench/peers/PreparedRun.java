package org.fasternet.tools.bench.peers;

import java.nio.FloatBuffer;

/**
 * A network that a peer has prepared for one case. {@link #run} computes the destination from what the source holds then, and is
 * all there is to time. It is for the thread that prepared it: some libraries keep their number of threads per calling thread.
 */
public interface PreparedRun extends Runnable, AutoCloseable {
    /** Batch x channels x height x width values, for the caller to write: memory that the library reads without a copy. */
    FloatBuffer src();

    /** Batch x classes values. */
    FloatBuffer dst();

    /** Frees what was prepared; the buffers must not be used any more. */
    @Override
    void close();
}
