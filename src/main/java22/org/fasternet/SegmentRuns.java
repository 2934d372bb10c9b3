package org.fasternet;

import java.lang.foreign.MemorySegment;
import org.fasternet.error.ShapeException;
import org.fasternet.schedule.TensorBuffer;

/** What is run on the caller's memory: the part of it that needs Java 22. */
abstract class SegmentRuns {
    private static final Execution.MemoryKind<MemorySegment> SEGMENTS = SegmentRuns::address;

    final Execution execution;

    SegmentRuns(Execution execution) {
        this.execution = execution;
    }

    /**
     * Runs on native memory segments, from their beginnings: with the elements, layouts and rules that the class documents for
     * buffers. Their arenas stay open until the run has ended; a run cannot keep another thread from closing a shared one.
     *
     * @param src the source; of a kernel compiled in place, source and result
     * @param dsts receive an output each; none of a kernel compiled in place
     * @throws ShapeException if a segment is on the heap, too small, read-only (dsts) or not aligned to its elements, if segments
     *     overlap, or there are more or fewer than outputs
     * @throws IllegalStateException if a segment's arena is closed or belongs to another thread, or as for buffers
     */
    public void run(MemorySegment src, MemorySegment... dsts) {
        execution.run(src, dsts, SEGMENTS);
    }

    private static long address(TensorBuffer tensor, MemorySegment segment, boolean written) {
        if (!segment.isNative()) {
            throw new ShapeException(tensor.name() + ": a memory segment on the heap was given, a native one is needed");
        }
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException(tensor.name() + ": the memory segment's arena is closed");
        }
        if (!segment.isAccessibleBy(Thread.currentThread())) {
            throw new IllegalStateException(tensor.name() + ": the memory segment belongs to another thread's arena: a shared or"
                    + " automatic one is needed");
        }
        if (written && segment.isReadOnly()) {
            throw new ShapeException(tensor.name() + ": a read-only memory segment cannot be written to");
        }
        Execution.requireBytes(tensor, "memory segment", segment.byteSize());
        return segment.address();
    }
}
