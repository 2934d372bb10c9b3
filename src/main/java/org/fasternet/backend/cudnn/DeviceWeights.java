package org.fasternet.backend.cudnn;

import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/** A program's weights and biases on the device, in the order that a kernel reads. For one thread. */
final class DeviceWeights {
    /** Of the convolution in true f32: inputs of a step, and outputs that are loaded at once. */
    private static final int CONV_STEP = 16;
    private static final int CONV_VECTOR = 4;

    private final SharedWeights shared;
    private final ElementType type;
    /** The layer whose weights for 8-bit pixels have their normalisation folded in. */
    private final String first;
    private final ElementType srcType;
    private final Scratch scratch = new Scratch();
    private final Scratch ordered = new Scratch();

    DeviceWeights(SharedWeights shared, ProgramSpec spec) {
        this.shared = shared;
        this.type = spec.computeType();
        this.first = spec.layers().get(0).name();
        this.srcType = spec.srcType();
    }

    /** How weights O x I x k x k are laid down. */
    private interface Order {
        void lay(float[] src, float[] dst, int outputs, int inputs, int taps);
    }

    /** O x k x k x I, what cuDNN calls NHWC. */
    Pointer channelsLast(Tensor weights, String label) {
        return upload("channels last", label, weights, weights.elements(), DeviceWeights::layChannelsLast);
    }

    private static void layChannelsLast(float[] src, float[] dst, int outputs, int inputs, int taps) {
        for (int o = 0, at = 0; o < outputs; o++) {
            for (int tap = 0; tap < taps; tap++) {
                for (int i = 0; i < inputs; i++) {
                    dst[at++] = src[(o * inputs + i) * taps + tap];
                }
            }
        }
    }

    /**
     * For the kernel {@code partial}: [tap][k16][n8][lane] of 4 values, the B fragment of {@code mma.m16n8k16} (PTX ISA, "Matrix
     * fragments for mma.m16n8k16"): lane l holds output l / 4 and the inputs 2 (l % 4), + 1, + 8, + 9; missing inputs are zero.
     */
    Pointer fragments(Tensor weights, String label) {
        int elements = weights.dim(2) * weights.dim(3) * padded(weights.dim(1), Mma.K) * weights.dim(0);
        return upload("fragments", label, weights, elements, DeviceWeights::layFragments);
    }

    /**
     * For the first product of the kernel {@code mlp}: [n8][k16][lane] of 4 values, which are those of {@link #fragments}; missing
     * inputs are zero, and so are outputs up to a multiple of 16.
     */
    Pointer fragmentsByOutput(Tensor weights, String label) {
        int elements = padded(weights.dim(1), Mma.K) * padded(weights.dim(0), Mma.K);
        return upload("fragments by output", label, weights, elements, DeviceWeights::layFragmentsByOutput);
    }

    private static void layFragmentsByOutput(float[] src, float[] dst, int outputs, int inputs, int taps) {
        int at = 0;
        for (int n = 0; n < padded(outputs, Mma.K); n += Mma.N) {
            for (int k = 0; k < inputs; k += Mma.K) {
                at = layFragment(src, dst, at, outputs, inputs, 1, 0, k, n);
            }
        }
    }

    private static void layFragments(float[] src, float[] dst, int outputs, int inputs, int taps) {
        int at = 0;
        for (int tap = 0; tap < taps; tap++) {
            for (int k = 0; k < inputs; k += Mma.K) {
                for (int n = 0; n < outputs; n += Mma.N) {
                    at = layFragment(src, dst, at, outputs, inputs, taps, tap, k, n);
                }
            }
        }
    }

    /** One from input k and output n on; returns where the next one goes. */
    private static int layFragment(float[] src, float[] dst, int at, int outputs, int inputs, int taps, int tap, int k, int n) {
        for (int lane = 0; lane < Mma.LANES; lane++) {
            for (int j = 0; j < 4; j++) {
                int i = k + lane % 4 * 2 + j % 2 + j / 2 * 8;
                int o = n + lane / 4;
                dst[at++] = i < inputs && o < outputs ? src[(o * inputs + i) * taps + tap] : 0;
            }
        }
        return at;
    }

    /** For the kernel {@code conv_f32}: (k x k x I) x O, neighbouring outputs beside each other; zeros up to multiples of 16 and 4. */
    Pointer depthFirst(Tensor weights, String label) {
        int depth = weights.elements() / weights.dim(0);
        return upload("depth first", label, weights, padded(depth, CONV_STEP) * padded(weights.dim(0), CONV_VECTOR),
                DeviceWeights::layDepthFirst);
    }

    private static void layDepthFirst(float[] src, float[] dst, int outputs, int inputs, int taps) {
        int row = padded(outputs, CONV_VECTOR);
        Arrays.fill(dst, 0, padded(inputs * taps, CONV_STEP) * row, 0);
        for (int tap = 0, at = 0; tap < taps; tap++) {
            for (int i = 0; i < inputs; i++, at += row) {
                for (int o = 0; o < outputs; o++) {
                    dst[at + o] = src[(o * inputs + i) * taps + tap];
                }
            }
        }
    }

    private static int padded(int count, int granule) {
        return granule * CudaKernels.ceil(count, granule);
    }

    /** @param what of the step it is, such as its bias */
    Pointer vector(float[] values, String what, String label) {
        return shared.upload(use(what, label), label, () -> new SharedWeights.Values(values, values.length, ElementType.F32));
    }

    private Pointer upload(String order, String label, Tensor weights, int elements, Order how) {
        return shared.upload(use(order, label), label, () -> {
            float[] dst = ordered.array(elements);
            how.lay(scratch.values(weights), dst, weights.dim(0), weights.dim(1), weights.dim(2) * weights.dim(3));
            return new SharedWeights.Values(dst, elements, type);
        });
    }

    private String use(String what, String label) {
        return label + ", " + what + (label.equals(first) ? " for " + srcType : "");
    }
}
