package org.fasternet.tools.bench.op;

import java.util.List;
import org.fasternet.DevicePeaks;
import org.fasternet.Hardware;
import org.fasternet.Kernel;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.EnvironmentProbe;

/**
 * Empties the caches between two timed runs: benchdnn's {@code --cold-cache=all}, in which source, result, weights and scratchpad
 * all come from memory. For one thread at a time, the one that also runs the operator.
 *
 * <p>benchdnn keeps more copies of the arguments than the caches can hold and gives each run the next one. Here an operator's
 * packed weights and scratchpad belong to its kernel: a small operator would need thousands of kernels, and binding other buffers
 * would be part of the time measured. So a sweep over other memory evicts them instead. It is a kernel too, average pooling: the
 * threads that run the operator sweep, each its own core's caches, and none has gone to sleep when the operator starts. It ends
 * with reading, since lines that it had written last would be written back during the timed run. Unlike benchdnn's mode by
 * default, the TLB is cold as well.
 */
public final class CacheFlusher implements AutoCloseable {
    private static final int CHANNELS = 32;
    private static final int COLUMNS = 16;
    private static final long ROW_BYTES = (long) CHANNELS * COLUMNS * Float.BYTES;
    /** What a direct buffer can hold. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private final Resources resources = new Resources();
    private final Kernel kernel;
    private final NativeTensor src;
    private final NativeTensor dst;

    /**
     * Of the CPU.
     *
     * @param plan of the operator: its back end and number of threads
     * @throws UnsupportedException if the operating system does not say how large the caches are
     * @throws org.fasternet.error.NativeException if memory was refused
     */
    public CacheFlusher(ExecutionPlan plan) {
        this(SessionOptions.defaults().withBackend(plan.backend()).withThreads(plan.threads()),
                sweep(Hardware.detect().cacheBytes(), plan.threads(), EnvironmentProbe.memoryBytes()));
    }

    /**
     * Of a GPU, which has one that all share.
     *
     * @param backend of the operator
     * @throws org.fasternet.error.NativeException if memory was refused
     */
    public static CacheFlusher onDevice(String backend, DevicePeaks device) {
        return new CacheFlusher(SessionOptions.defaults().withBackend(backend).withDevice(device.device()),
                sweep(List.of(device.cacheBytes()), 1, device.freeBytes()));
    }

    private CacheFlusher(SessionOptions options, Shape shape) {
        Pool pool = new Pool();
        try {
            kernel = resources.add(Kernel.compile(pool, shape, options), Kernel::close);
            src = resources.add(NativeTensor.zeros(shape, options.precision().stored()), NativeTensor::close);
            dst = resources.add(NativeTensor.zeros(pool.dst(shape), options.precision().stored()), NativeTensor::close);
        } catch (Throwable failure) {
            Resources.closeAfter(failure, resources);
            throw failure;
        }
    }

    /**
     * One image for each thread, each twice as large as the last level cache: threads may share one such cache or have one each,
     * and that is not known. Where so much memory cannot be, threads are many and share theirs, or it is
     * {@link WorkingSet#most}.
     */
    static Shape sweep(List<Long> cacheBytes, int threads, long memoryBytes) {
        if (cacheBytes.isEmpty()) {
            throw new UnsupportedException("a cold cache needs the caches' sizes, which this operating system does not say");
        }
        long lastLevel = cacheBytes.get(cacheBytes.size() - 1);
        long most = Math.min(MOST_BYTES / threads, WorkingSet.most(memoryBytes, threads));
        long bytes = Math.min(2 * lastLevel, most);
        return new Shape(threads, CHANNELS, (int) (bytes / ROW_BYTES), COLUMNS);
    }

    /** What really sweeps. */
    ExecutionPlan plan() {
        return kernel.plan();
    }

    /** Sweeps once, which takes milliseconds: what was in a cache before is there no more. */
    public void flush() {
        kernel.run(src.buffer(), dst.buffer());
    }

    /** Frees the memory swept; called once. */
    @Override
    public void close() {
        resources.close();
    }
}
