package org.fasternet.backend.cudnn;

/** What the kernels in {@code cpp/cuda} that multiply matrices have in common, as {@code device.cuh} says it. */
final class Mma {
    /** Inputs and outputs of one {@code mma.m16n8k16}, and the threads that hold its B. */
    static final int K = 16;
    static final int N = 8;
    static final int LANES = 32;
    private static final int FRAGMENT_BYTES = N * K * Short.BYTES;
    /** Bytes after a pixel in shared memory. */
    static final int SKEW_BYTES = 16;

    private Mma() {}

    /** Steps of K that so many inputs take. */
    static int steps(int inputs) {
        return CudaKernels.ceil(inputs, K);
    }

    /** Of a matrix of weights, as the kernels want their B. */
    static int weightBytes(int inputs, int outputs) {
        return steps(inputs) * (outputs / N) * FRAGMENT_BYTES;
    }

    /** Of a pixel's inputs in shared memory. */
    static int pixelBytes(int inputs) {
        return steps(inputs) * K * Short.BYTES + SKEW_BYTES;
    }
}
