package org.fasternet.int8;

import java.util.Optional;
import java.util.stream.IntStream;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Tensor;

/**
 * A matrix in 8 bits, as {@link org.fasternet.layer.Quantization} defines it. Of stored sources a and a stored x that the result is added to,
 *
 * <pre>{@code
 * sum = bias[o] + a[0] * weights[o][0] + a[1] * weights[o][1] + ...            32-bit integers
 * q   = saturate(round(f32(sum) * scale[o] + f32(x - zeroPoint) * residualScale) + zeroPoint)
 * }</pre>
 *
 * in f32, each operation rounded to nearest, ties to even, none fused with another; {@code round} rounds likewise, {@code saturate}
 * is to 0 and 255. What is stored is {@code table[q]}, or q without a table. So a result is the same bits on every ISA, for any
 * number of threads and in any order of summing.
 *
 * @param weights row by row, whole numbers from -127 to 127
 * @param bias the layer's own in steps of the sum, less what the sources' zero point adds to it
 * @param scale a step of the sum in steps of the result, at most 1/2; for an f32 result a step of the sum itself
 * @param residualScale a step of what the result is added to in steps of the result; 0 if it is added to nothing
 * @param result empty for f32
 * @param table 256 values; empty without one
 */
public record Int8Matrix(float[] weights, int[] bias, float[] scale, float residualScale, Optional<QuantizationParams> result,
        Optional<byte[]> table) {
    private static final double MAX_SCALE = 0.5;
    /** Weights below which more threads than one would take longer to start than to round them. */
    private static final int PARALLEL_FROM = 1 << 15;

    /**
     * @param weights f32, O x ...
     * @param bias O values
     * @param src what the matrix reads
     * @throws ShapeException if the scales are so far apart that the sums do not fit
     */
    static Int8Matrix of(
            Tensor weights, float[] bias, Optional<Activation> activation, QuantizationParams src, MatrixScales scales) {
        int outputs = scales.weights().length;
        float[] values = weights.data();
        float[] whole = new float[values.length];
        int[] wholeBias = new int[outputs];
        float[] factors = new float[outputs];
        int row = values.length / outputs;
        IntStream rows = IntStream.range(0, outputs);
        (values.length < PARALLEL_FROM ? rows : rows.parallel()).forEach(o -> {
            double step = scales.weights()[o];
            double sumStep = src.scale() * step;
            long sum = round(values, whole, o * row, row, step);
            double own = Math.rint(((double) bias[o] + scales.correction()[o]) / sumStep);
            wholeBias[o] = integer(own - (double) src.zeroPoint() * sum);
            factors[o] = factor(scales.sum().map(affine -> sumStep / affine.scale()).orElse(sumStep), scales.sum().isPresent());
        });
        Optional<byte[]> table = scales.activated().map(dst -> table(activation.orElseThrow(), scales.sum().orElseThrow(), dst));
        return new Int8Matrix(whole, wholeBias, factors, 0, scales.sum(), table);
    }

    /** Writes whole steps of {@code count} values; returns their sum. */
    private static long round(float[] values, float[] whole, int from, int count, double step) {
        long sum = 0;
        for (int i = from; i < from + count; i++) {
            double rounded = Math.rint(values[i] / step);
            whole[i] = (float) Math.max(-MatrixScales.MAX_WEIGHT, Math.min(rounded, MatrixScales.MAX_WEIGHT));
            sum += (long) whole[i];
        }
        return sum;
    }

    private static int integer(double value) {
        if (!(Math.abs(value) <= Integer.MAX_VALUE)) {
            throw new ShapeException("a bias of " + value + " steps of its sum: the weights' scale is too small for it");
        }
        return (int) value;
    }

    private static float factor(double factor, boolean stored) {
        if (!(factor <= (stored ? MAX_SCALE : Float.MAX_VALUE))) {
            throw new ShapeException("a step of the sum is " + factor + " steps of the result, at most " + MAX_SCALE
                    + " are expected: the result's scale is too small");
        }
        return (float) factor;
    }

    private static byte[] table(Activation activation, QuantizationParams src, QuantizationParams dst) {
        byte[] table = new byte[QuantizationParams.MAX + 1];
        for (int q = 0; q < table.length; q++) {
            table[q] = (byte) dst.quantize(activation.of(src.dequantize(q)));
        }
        return table;
    }

    /**
     * The layer's own bias in steps of the sum, without what the source's zero point adds: for who takes that away from the source.
     *
     * @param src what the matrix was made for
     */
    public int[] ownBias(QuantizationParams src) {
        int[] own = new int[bias.length];
        int row = weights.length / bias.length;
        for (int o = 0; o < own.length; o++) {
            double sum = 0;
            for (int i = o * row; i < (o + 1) * row; i++) {
                sum += weights[i];
            }
            own[o] = (int) (bias[o] + src.zeroPoint() * sum);
        }
        return own;
    }

    /** Added to something of that scale and the same zero point. */
    Int8Matrix addedTo(QuantizationParams residual) {
        double steps = (double) residual.scale() / result.orElseThrow().scale();
        return new Int8Matrix(weights, bias, scale, (float) steps, result, table);
    }
}
