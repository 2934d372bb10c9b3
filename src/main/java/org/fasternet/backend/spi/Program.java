package org.fasternet.backend.spi;

import java.nio.ByteBuffer;
import java.util.List;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.fasternet.schedule.TensorBuffer;

/**
 * A compiled network or kernel and its native memory. One thread at a time may use it; whoever holds it sees to that, and to
 * not using it after {@link #close}.
 */
public interface Program extends AutoCloseable {
    /** What the caller's source must look like. Slot 0. */
    TensorBuffer src();

    /** What the caller's destinations must look like: slots 1, 2, ...; none for a program that works in place. */
    List<TensorBuffer> dsts();

    ExecutionPlan plan();

    /** Sets where a slot's first element lies, from the next run on. The memory must stay alive until it is bound anew. */
    void bind(int slot, long address);

    /**
     * Sets where a slot's first element lies in device memory.
     *
     * @throws UnsupportedException by a back end that computes on the host's memory
     */
    default void bindDevice(int slot, long address) {
        throw new UnsupportedException("device memory was given, and the back end " + plan().backend()
                + " computes on the host's: a session on a GPU takes it");
    }

    /** Zeros in direct memory that a run reads and writes without a copy before or after; {@link #bind} takes it, and any other. */
    default ByteBuffer allocate(long bytes) {
        return Buffers.bytes(bytes);
    }

    /** Runs once, with one native call. All slots must be bound. */
    void run();

    /**
     * Whether runs take the times of their steps, from the next one on; at first they do not.
     *
     * @throws org.fasternet.error.NativeException if there is no memory for them
     */
    void profile(boolean on);

    /** Of the last run, one for each step of the plan, zeros before the first one; only while they are taken. */
    List<ExecutionPlan.Time> stepTimes();

    /** Frees the native memory; called once. */
    @Override
    void close();
}
