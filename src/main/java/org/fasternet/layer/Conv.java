package org.fasternet.layer;

import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * A k x k convolution with a bias, stride 1, zero padding of k / 2 so that rows and columns stay as many: regular with one group,
 * grouped, or depthwise with as many groups as channels. No FasterNet has one; partial convolution is compared with it.
 *
 * @param weights O x (I / groups) x k x k, k odd
 * @param bias O values
 * @param groups into how many parts inputs and outputs are cut, each output seeing the inputs of its own part; divides O
 */
public record Conv(Tensor weights, float[] bias, int groups) implements Layer {
    private static final String NAME = "convolution";

    public Conv {
        Checks.weights(NAME, "weights", weights, -1, -1, -1, -1);
        Checks.weights(NAME, "weights", weights, -1, -1, weights.dim(2), weights.dim(2));
        Checks.vector(NAME, "bias", bias, weights.dim(0));
        if (weights.dim(2) % 2 == 0) {
            throw new ShapeException(NAME + ": the kernel's side is " + weights.dim(2) + ", an odd one is expected");
        }
        if (groups < 1 || weights.dim(0) % groups != 0) {
            throw new ShapeException(NAME + ": " + groups + " groups do not divide " + weights.dim(0) + " outputs");
        }
    }

    /** The kernel's side k. */
    public int size() {
        return weights.dim(2);
    }

    @Override
    public Shape dst(Shape src) {
        Checks.channels(NAME, src, weights.dim(1) * groups);
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
