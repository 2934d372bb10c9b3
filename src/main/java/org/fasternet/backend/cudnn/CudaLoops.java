package org.fasternet.backend.cudnn;

import java.util.function.LongConsumer;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.fasternet.backend.spi.DeviceLoops;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.internal.Resources;

/** The loops of {@code cpp/cuda/peaks.cu}. */
final class CudaLoops implements DeviceLoops {
    private static final int VECTOR_BYTES = 16;
    private static final int THREADS = 256;
    /** For each multiprocessor: Turing's hold so many of them at a time, later ones more, so that none waits for another to end. */
    private static final int BLOCKS = 4;
    /** Of a thread in a step: what the kernel repeats, two for each multiply-add. */
    private static final long STEP_OPERATIONS = 2 * 8 * 16;
    /** By how much more than seems enough a round is made longer, when it was too short. */
    private static final double MARGIN = 1.2;

    private final int device;

    CudaLoops(int device) {
        this.device = device;
    }

    @Override
    public long cacheBytes() {
        return Cuda.cacheBytes(device);
    }

    @Override
    public long freeBytes() {
        Cuda.use(device);
        return Cuda.memory().free();
    }

    @Override
    public double[] memory(MemoryKernel kernel, long bytes, int rounds, long nanos) {
        Cuda.use(device);
        try (Resources resources = new Resources()) {
            long vectors = Math.max(1, bytes / kernel.arrays() / VECTOR_BYTES);
            long[] arrays = new long[3];
            // A copy's and a triad's first one is what they write, as of a pass that has one alone.
            for (int i = 0; i < kernel.arrays(); i++) {
                arrays[i] = Cuda.allocate(resources, vectors * VECTOR_BYTES, "a pass over memory").address();
            }
            CudaStream stream = new CudaStream(resources);
            CudaKernels kernels = CudaKernels.loaded(CudaKernels.PEAKS, device);
            return rates(stream, kernel.arrays() * vectors * (double) VECTOR_BYTES, rounds, nanos,
                    passes -> kernels.launch("pass_" + kernel.id(), grid(), stream,
                            arrays[0], arrays[1], arrays[2], vectors, passes));
        }
    }

    @Override
    public double[] multiplyAdds(int rounds, long nanos) {
        Cuda.use(device);
        try (Resources resources = new Resources()) {
            long threads = grid().x() * THREADS;
            long dst = Cuda.allocate(resources, threads * Float.BYTES, "sums").address();
            CudaStream stream = new CudaStream(resources);
            CudaKernels kernels = CudaKernels.loaded(CudaKernels.PEAKS, device);
            return rates(stream, threads * (double) STEP_OPERATIONS, rounds, nanos,
                    steps -> kernels.launch("multiply_adds_f32", grid(), stream, dst, steps));
        }
    }

    private CudaKernels.Grid grid() {
        return new CudaKernels.Grid((long) BLOCKS * Cuda.multiprocessors(device), 1, 1, THREADS, 0);
    }

    /**
     * @param each what a launch does in each of its repetitions
     * @param launch of a kernel with as many of them
     */
    private static double[] rates(CudaStream stream, double each, int rounds, long nanos, LongConsumer launch) {
        long repetitions = 1;
        double taken = millis(stream, launch, repetitions);
        // This is the warm-up too: the last one is as long as a round.
        while (taken * 1e6 < nanos) {
            repetitions = Math.max(2 * repetitions, (long) (MARGIN * repetitions * Math.min(100, nanos * 1e-6 / taken)));
            taken = millis(stream, launch, repetitions);
        }
        double[] rates = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            rates[round] = each * repetitions / (1e-3 * millis(stream, launch, repetitions));
        }
        return rates;
    }

    /** By events, so that neither the launch nor the wait is in it. */
    private static double millis(CudaStream stream, LongConsumer launch, long repetitions) {
        try (Resources temporary = new Resources()) {
            StepEvents events = new StepEvents(temporary, 1);
            CUgraphExec_st timed = stream.record(temporary, () -> {
                events.record(0, stream.handle());
                launch.accept(repetitions);
                events.record(1, stream.handle());
            });
            stream.replay(timed, "a loop");
            return events.millis(0, "a loop");
        }
    }
}
