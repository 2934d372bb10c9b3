package org.fasternet.layer;

import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * Partial convolution (Chen et al., 2023, section 3.2): a 3x3 convolution, stride 1, padding 1, no bias, of the first P of C
 * channels; the other C - P pass through untouched. Where a source is NaN or infinite, results up to two pixels away may be NaN:
 * the back end {@code fused} computes tiles of 2x2 pixels together.
 *
 * @param channels C
 * @param weights P x P x 3 x 3, P at most C
 */
public record PartialConv(int channels, Tensor weights) implements Layer {
    private static final String NAME = "partial convolution";

    public PartialConv {
        Checks.weights(NAME, "weights", weights, -1, -1, 3, 3);
        Checks.weights(NAME, "weights", weights, weights.dim(0), weights.dim(0), 3, 3);
        if (weights.dim(0) > channels) {
            throw new ShapeException(NAME + ": the weights cover " + weights.dim(0) + " channels, there are only " + channels);
        }
    }

    /** P, the channels that are convolved. */
    public int partialChannels() {
        return weights.dim(0);
    }

    @Override
    public Shape dst(Shape src) {
        Checks.channels(NAME, src, channels);
        return src;
    }

    @Override
    public long multiplyAdds(Shape src) {
        return 9L * src.pixels() * partialChannels() * partialChannels();
    }

    @Override
    public long weightElements() {
        return weights.elements();
    }
}
