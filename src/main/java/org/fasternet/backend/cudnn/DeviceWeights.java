package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/** Weights and biases on the device, in the order that a kernel reads. */
final class DeviceWeights {
    /** Inputs and outputs of one {@code mma.m16n8k16}, and the threads that hold its B. */
    private static final int MMA_K = 16;
    private static final int MMA_N = 8;
    private static final int LANES = 32;

    private final Resources resources;
    private final ElementType type;
    private final Scratch scratch = new Scratch();
    private final Scratch ordered = new Scratch();
    private long bytes;

    DeviceWeights(Resources resources, ElementType type) {
        this.resources = resources;
        this.type = type;
    }

    /** Bytes of all that was uploaded. */
    long bytes() {
        return bytes;
    }

    /** O x k x k x I, what cuDNN calls NHWC. */
    Pointer channelsLast(Tensor weights, String label) {
        int outputs = weights.dim(0);
        int inputs = weights.dim(1);
        int taps = weights.dim(2) * weights.dim(3);
        float[] values = scratch.values(weights);
        float[] dst = ordered.array(weights.elements());
        for (int o = 0, at = 0; o < outputs; o++) {
            for (int tap = 0; tap < taps; tap++) {
                for (int i = 0; i < inputs; i++) {
                    dst[at++] = values[(o * inputs + i) * taps + tap];
                }
            }
        }
        return upload(dst, weights.elements(), type, label);
    }

    /**
     * For the kernel {@code partial}: [tap][k16][n8][lane] of 4 values, the B fragment of {@code mma.m16n8k16} (PTX ISA, "Matrix
     * fragments for mma.m16n8k16"): lane l holds output l / 4 and the inputs 2 (l % 4), + 1, + 8, + 9; missing inputs are zero.
     */
    Pointer fragments(Tensor weights, String label) {
        int channels = weights.dim(0);
        int taps = weights.dim(2) * weights.dim(3);
        int steps = (channels + MMA_K - 1) / MMA_K;
        float[] values = scratch.values(weights);
        int elements = taps * steps * MMA_K * channels;
        float[] dst = ordered.array(elements);
        int at = 0;
        for (int tap = 0; tap < taps; tap++) {
            for (int step = 0; step < steps; step++) {
                for (int n = 0; n < channels; n += MMA_N) {
                    for (int lane = 0; lane < LANES; lane++) {
                        for (int j = 0; j < 4; j++) {
                            int i = step * MMA_K + lane % 4 * 2 + j % 2 + j / 2 * 8;
                            int o = n + lane / 4;
                            dst[at++] = i < channels ? values[(o * channels + i) * taps + tap] : 0;
                        }
                    }
                }
            }
        }
        return upload(dst, elements, type, label);
    }

    /** (k x k x I) x O: neighbouring outputs beside each other. */
    Pointer depthFirst(Tensor weights, String label) {
        int outputs = weights.dim(0);
        int inputs = weights.dim(1);
        int taps = weights.dim(2) * weights.dim(3);
        float[] values = scratch.values(weights);
        float[] dst = ordered.array(weights.elements());
        for (int tap = 0, at = 0; tap < taps; tap++) {
            for (int i = 0; i < inputs; i++) {
                for (int o = 0; o < outputs; o++) {
                    dst[at++] = values[(o * inputs + i) * taps + tap];
                }
            }
        }
        return upload(dst, weights.elements(), type, label);
    }

    Pointer vector(float[] values, String label) {
        return upload(values, values.length, ElementType.F32, label);
    }

    private Pointer upload(float[] values, int count, ElementType as, String label) {
        long size = (long) count * as.bytes();
        Pointer device = Cuda.allocate(resources, size, "the weights of " + label);
        try (Resources temporary = new Resources()) {
            Pointer host = NativeMemory.allocate(temporary, size);
            ByteBuffer bytes = host.capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
            as.dtype().orElseThrow().encode(values, 0, count, bytes);
            Cuda.check(cudaMemcpy(device, host, size, cudaMemcpyHostToDevice), "copy the weights of " + label);
        }
        bytes += size;
        return device;
    }
}
