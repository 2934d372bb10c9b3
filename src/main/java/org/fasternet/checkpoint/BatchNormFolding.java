package org.fasternet.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import org.fasternet.checkpoint.ParameterGroup.Norm;
import org.fasternet.checkpoint.ParameterGroup.NormalizedConvolution;
import org.fasternet.checkpoint.ParameterGroup.ScaledConvolution;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.BatchNorm;
import org.fasternet.tensor.Tensor;

/**
 * Rewrites a state dict so that no batch normalisation and no layer scale is left, in double precision: a convolution takes up
 * the {@link BatchNorm} behind it as a factor per output channel and a bias.
 */
final class BatchNormFolding {
    private final Map<String, Tensor> weights;
    private final Map<String, Tensor> folded = new LinkedHashMap<>();

    private BatchNormFolding(Map<String, Tensor> weights) {
        this.weights = weights;
    }

    /**
     * What folding does not change is shared with {@code weights}. NaN and infinite weights stay what they are.
     *
     * @throws ShapeException if a variance is negative, or finite weights give a value out of f32's range; names the key
     */
    static Map<String, Tensor> fold(Structure structure, Map<String, Tensor> weights) {
        if (structure.folded()) {
            return weights;
        }
        BatchNormFolding folding = new BatchNormFolding(weights);
        for (ParameterGroup group : structure.groups()) {
            folding.fold(group);
        }
        return folding.folded;
    }

    private void fold(ParameterGroup group) {
        if (group instanceof NormalizedConvolution convolution) {
            BatchNorm norm = batchNorm(convolution.norm());
            put(convolution.weight(), scale(convolution.weight(), norm.scales()));
            put(convolution.bias(), vector(convolution.norm().bias(), norm.shifts()));
        } else if (group instanceof Norm parameters) {
            BatchNorm norm = batchNorm(parameters);
            put(parameters.scale(), vector(parameters.scale(), norm.scales()));
            put(parameters.bias(), vector(parameters.bias(), norm.shifts()));
        } else if (group instanceof ScaledConvolution convolution) {
            float[] scale = values(convolution.scale());
            double[] factors = new double[scale.length];
            for (int c = 0; c < factors.length; c++) {
                factors[c] = scale[c];
            }
            put(convolution.weight(), scale(convolution.weight(), factors));
        } else {
            for (Parameter parameter : group.folded()) {
                put(parameter, weights.get(parameter.key()));
            }
        }
    }

    private void put(Parameter parameter, Tensor tensor) {
        folded.put(parameter.key(), tensor);
    }

    private BatchNorm batchNorm(Norm norm) {
        float[] variance = values(norm.variance());
        for (int c = 0; c < variance.length; c++) {
            if (variance[c] < 0) {
                throw new ShapeException("'" + norm.variance().key() + "' is " + variance[c] + " at channel " + c
                        + ", a variance of at least 0 is expected");
            }
        }
        return new BatchNorm(values(norm.scale()), values(norm.bias()), values(norm.mean()), variance);
    }

    /** The weight with each output channel, a row of it, multiplied by its factor; deferred. */
    private Tensor scale(Parameter weight, double[] factors) {
        Tensor src = weights.get(weight.key());
        Tensor scaled = Tensor.deferred(src.shape(), Float.MAX_VALUE, dst -> scale(dst, src, factors, weight));
        for (int r = 0; r < src.dim(0); r++) {
            double largest = Math.abs(factors[r]) * src.bound();
            if (largest > Float.MAX_VALUE && largest < Double.POSITIVE_INFINITY) {
                scaled.data(); // Refuses a value out of range now, not when a session is compiled.
                break;
            }
        }
        return scaled;
    }

    private static void scale(float[] dst, Tensor src, double[] factors, Parameter weight) {
        src.copyTo(dst);
        int rows = src.dim(0);
        int row = src.elements() / rows;
        for (int r = 0; r < rows; r++) {
            double scale = factors[r];
            for (int i = r * row; i < (r + 1) * row; i++) {
                dst[i] = rounded(dst[i] * scale, weight);
            }
        }
    }

    /** What takes the place of {@code parameter}, value by value. */
    private Tensor vector(Parameter parameter, double[] values) {
        float[] dst = new float[values.length];
        for (int c = 0; c < dst.length; c++) {
            dst[c] = rounded(values[c], parameter);
        }
        return new Tensor(new int[] {dst.length}, dst);
    }

    /** Finite floats can't leave the range of a double on the way here, so an infinite double comes from an infinite weight. */
    private static float rounded(double value, Parameter parameter) {
        if (Double.isFinite(value) && !Float.isFinite((float) value)) {
            throw new ShapeException("'" + parameter.key() + "' would be " + value
                    + " with batch normalisation or layer scale folded into it, which is out of the range of f32");
        }
        return (float) value;
    }

    private float[] values(Parameter parameter) {
        return weights.get(parameter.key()).data();
    }
}
