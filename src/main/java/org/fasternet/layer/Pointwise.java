package org.fasternet.layer;

import java.util.Optional;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * A 1x1 convolution: {@code dst = act(W . src + b)}, or with {@code residual} {@code dst += act(W . src + b)} on what dst holds.
 * A linear layer is one on 1x1 pixels.
 *
 * @param weights O x I
 * @param bias O values
 * @param activation applied after the bias, if present
 * @param residual whether the result is added to what the destination holds
 */
public record Pointwise(Tensor weights, float[] bias, Optional<Activation> activation, boolean residual) implements Layer {
    private static final String NAME = "pointwise convolution";

    public Pointwise {
        Checks.weights(NAME, "weights", weights, -1, -1);
        Checks.vector(NAME, "bias", bias, weights.dim(0));
    }

    /** {@code dst = W . src}: no bias, no activation, no residual; the {@code with} methods add them. */
    public static Pointwise of(int outputs, int inputs, float[] weights) {
        return new Pointwise(new Tensor(new int[] {outputs, inputs}, weights), new float[outputs], Optional.empty(), false);
    }

    public Pointwise withBias(float[] values) {
        return new Pointwise(weights, values, activation, residual);
    }

    public Pointwise withActivation(Activation function) {
        return new Pointwise(weights, bias, Optional.of(function), residual);
    }

    public Pointwise withResidual() {
        return new Pointwise(weights, bias, activation, true);
    }

    /**
     * Follows the convolution by {@link BatchNorm}, folded into weights and bias in double precision.
     *
     * @param gamma learned scale per output
     * @param beta learned shift per output
     * @param mean running mean per output
     * @param variance running variance per output, not negative
     */
    public Pointwise withBatchNorm(float[] gamma, float[] beta, float[] mean, float[] variance) {
        int outputs = weights.dim(0);
        int inputs = weights.dim(1);
        Checks.vector(NAME, "gamma", gamma, outputs);
        Checks.vector(NAME, "beta", beta, outputs);
        Checks.vector(NAME, "mean", mean, outputs);
        Checks.vector(NAME, "variance", variance, outputs);
        BatchNorm norm = new BatchNorm(gamma, beta, mean, variance);
        double[] scales = norm.scales();
        double[] shifts = norm.shifts();
        float[] values = weights.data();
        float[] scaled = new float[values.length];
        float[] shifted = new float[outputs];
        for (int o = 0; o < outputs; o++) {
            if (!(variance[o] >= 0)) {
                throw new ShapeException(NAME + ": variance[" + o + "] is " + variance[o] + ", it cannot be negative");
            }
            for (int i = o * inputs; i < (o + 1) * inputs; i++) {
                scaled[i] = (float) (values[i] * scales[o]);
            }
            shifted[o] = (float) (bias[o] * scales[o] + shifts[o]);
        }
        return new Pointwise(new Tensor(weights.shape(), scaled), shifted, activation, residual);
    }

    @Override
    public Shape dst(Shape src) {
        Checks.channels(NAME, src, weights.dim(1));
        return src.withChannels(weights.dim(0));
    }

    @Override
    public long multiplyAdds(Shape src) {
        return (long) src.pixels() * weights.elements();
    }

    @Override
    public long weightElements() {
        return weights.elements();
    }
}
