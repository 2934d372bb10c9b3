package org.fasternet.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import org.fasternet.ShapeException;
import org.fasternet.checkpoint.ParameterGroup.Norm;
import org.fasternet.checkpoint.ParameterGroup.NormalizedConvolution;
import org.fasternet.checkpoint.ParameterGroup.ScaledConvolution;
import org.fasternet.tensor.Tensor;

/**
 * Rewrites a state dict so that no batch normalisation and no layer scale is left, in double precision. At inference batch
 * normalisation is {@code y = gamma * (x - mean) / sqrt(variance + eps) + beta} (Ioffe and Szegedy, 2015), which a convolution
 * before it takes up as a factor per output channel and a bias.
 */
final class BatchNormFolding {
    /** PyTorch's default, which the published models keep. */
    private static final double EPSILON = 1e-5;

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
        structure.groups().forEach(folding::fold);
        return folding.folded;
    }

    private void fold(ParameterGroup group) {
        if (group instanceof NormalizedConvolution convolution) {
            double[] factor = factor(convolution.norm());
            put(convolution.weight(), scale(convolution.weight(), factor));
            put(convolution.bias(), shift(convolution.norm(), factor));
        } else if (group instanceof Norm norm) {
            double[] factor = factor(norm);
            put(norm.scale(), vector(norm.scale(), factor));
            put(norm.bias(), shift(norm, factor));
        } else if (group instanceof ScaledConvolution convolution) {
            put(convolution.weight(), scale(convolution.weight(), doubles(convolution.scale())));
        } else {
            group.folded().forEach(parameter -> put(parameter, weights.get(parameter.key())));
        }
    }

    private void put(Parameter parameter, Tensor tensor) {
        folded.put(parameter.key(), tensor);
    }

    /** {@code gamma / sqrt(variance + eps)} per channel. */
    private double[] factor(Norm norm) {
        double[] factor = doubles(norm.scale());
        float[] variance = values(norm.variance());
        for (int c = 0; c < factor.length; c++) {
            if (variance[c] < 0) {
                throw new ShapeException("'" + norm.variance().key() + "' is " + variance[c] + " at channel " + c
                        + ", a variance of at least 0 is expected");
            }
            factor[c] /= Math.sqrt(variance[c] + EPSILON);
        }
        return factor;
    }

    /** {@code beta - mean * factor} per channel. */
    private Tensor shift(Norm norm, double[] factor) {
        double[] shift = doubles(norm.bias());
        float[] mean = values(norm.mean());
        for (int c = 0; c < shift.length; c++) {
            shift[c] -= mean[c] * factor[c];
        }
        return vector(norm.bias(), shift);
    }

    /** The weight with each output channel, a row of it, multiplied by its factor. */
    private Tensor scale(Parameter weight, double[] factor) {
        Tensor src = weights.get(weight.key());
        float[] dst = src.data().clone();
        int row = dst.length / factor.length;
        for (int i = 0; i < dst.length; i++) {
            dst[i] = rounded(dst[i] * factor[i / row], weight);
        }
        return new Tensor(src.shape(), dst);
    }

    private static Tensor vector(Parameter parameter, double[] values) {
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

    private double[] doubles(Parameter parameter) {
        float[] src = values(parameter);
        double[] dst = new double[src.length];
        for (int i = 0; i < dst.length; i++) {
            dst[i] = src[i];
        }
        return dst;
    }
}
