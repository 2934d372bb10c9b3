package org.fasternet.layer;

import java.util.Optional;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Tensor;

/**
 * How one matrix of weights, and what it makes, are stored in 8 bits.
 *
 * @param weights per output channel, what one step of its weights is: each is stored as a whole number from -127 to 127 times it
 * @param correction per output channel, added to the result: what rounding the weights changes on average, taken back
 * @param sum the result before the activation, and with a ReLU behind it, whose zero point is 0 then; empty for a network's last
 *     matrix, whose result is f32
 * @param activated behind an activation that is a table; empty where there is none
 */
public record MatrixScales(
        float[] weights, float[] correction, Optional<QuantizationParams> sum, Optional<QuantizationParams> activated) {
    /** The largest magnitude of a stored weight: -128 has no opposite. */
    public static final int MAX_WEIGHT = 127;

    public MatrixScales {
        Checks.vector("scales of weights", "correction", correction, weights.length);
        for (float scale : weights) {
            if (!(scale > 0 && scale <= Float.MAX_VALUE)) {
                throw new ShapeException("a weights' scale of " + scale + ": a positive finite one is expected");
            }
        }
        for (float value : correction) {
            if (!Float.isFinite(value)) {
                throw new ShapeException("a correction of " + value + ": a finite one is expected");
            }
        }
    }

    /** More steps of a sum than this no bias may be: sums are 32-bit integers. */
    private static final double MAX_BIAS = 1 << 28;

    /**
     * Scales by which the largest weight of each output channel, of dimension 0, is stored as 127.
     *
     * @param src what the matrix reads
     * @param sum as in the record
     */
    public static MatrixScales ofLargest(Tensor weights, float[] bias, QuantizationParams src, Optional<QuantizationParams> sum,
            Optional<QuantizationParams> activated) {
        float[] values = weights.data();
        float[] scales = new float[bias.length];
        int row = values.length / scales.length;
        for (int o = 0; o < scales.length; o++) {
            double largest = 0;
            for (int i = o * row; i < (o + 1) * row; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            scales[o] = scale(largest / MAX_WEIGHT, bias[o], src, sum);
        }
        return new MatrixScales(scales, new float[scales.length], sum, activated);
    }

    /** A scale of one output channel's weights, or the least for which its bias fits; for weights of zeros a small one. */
    public static float scale(double wanted, double bias, QuantizationParams src, Optional<QuantizationParams> sum) {
        double least = Math.abs(bias) / (src.scale() * MAX_BIAS);
        double zeros = sum.map(QuantizationParams::scale).orElse(1f) / (double) src.scale() / (1 << 8);
        return (float) Math.max(Float.MIN_NORMAL, Math.max(wanted > 0 ? wanted : zeros, least));
    }

    /** What is stored of the result; empty if it is f32. */
    public Optional<QuantizationParams> result() {
        return activated.or(() -> sum);
    }
}
