package org.fasternet;

/**
 * What is run on the caller's memory. The part of the jar for Java 22 and newer has this class with a method more: {@code run} on
 * {@code MemorySegment}s, which sessions and kernels have from here, since older Javas do not know them.
 */
abstract class SegmentRuns {
    final Execution execution;

    SegmentRuns(Execution execution) {
        this.execution = execution;
    }
}
