package org.fasternet.internal.abi.measure;

import java.util.Optional;
import org.bytedeco.javacpp.LongPointer;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;

/** What the CPUs count of this process's threads, from its making until {@link #close}. For one thread at a time. */
public final class CpuCounters implements AutoCloseable {
    /** A counter. */
    public enum Counter {
        CYCLES(Abi.FN_COUNTER_CYCLES),
        INSTRUCTIONS(Abi.FN_COUNTER_INSTRUCTIONS),
        /** Reads and writes that the last cache did not have. */
        LLC_MISSES(Abi.FN_COUNTER_LLC_MISSES),
        /** Nanoseconds for which the threads had a CPU, all together. */
        CPU_NANOS(Abi.FN_COUNTER_CPU_NS);

        private final int number;

        Counter(int number) {
            this.number = number;
        }
    }

    static {
        NativeLibrary.load(Abi.class);
    }

    private final long handle;

    public CpuCounters() {
        try (NativeMemory memory = NativeMemory.allocate(Long.BYTES)) {
            LongPointer pointer = new LongPointer(memory.pointer());
            NativeLibrary.check(Abi.fn_counters_start(pointer));
            handle = pointer.get();
        }
    }

    /** Counts since the start, by {@link Counter#ordinal}; 0 where there is none. */
    public double[] read() {
        double[] values = new double[Abi.FN_COUNTERS];
        NativeLibrary.check(Abi.fn_counters_read(handle, values));
        double[] ordered = new double[Counter.values().length];
        for (Counter counter : Counter.values()) {
            ordered[counter.ordinal()] = values[counter.number];
        }
        return ordered;
    }

    /** Why a counter is not counted here, in a sentence; empty if it is. */
    public Optional<String> missing(Counter counter) {
        return Optional.ofNullable(NativeLibrary.string(Abi.fn_counters_missing(handle, counter.number)));
    }

    /** Called once. */
    @Override
    public void close() {
        Abi.fn_counters_stop(handle);
    }
}
