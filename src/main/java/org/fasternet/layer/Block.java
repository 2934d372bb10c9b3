package org.fasternet.layer;

import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * A FasterNet block (Chen et al., 2023, section 3.3) with batch normalisation and layer scale folded in:
 * {@code x += W2 . act(W1 . pconv(x) + b)}.
 *
 * @param partial the partial convolution on C channels
 * @param expand W1, R x C
 * @param bias b, R values
 * @param activation between the two pointwise convolutions
 * @param project W2, C x R
 */
public record Block(PartialConv partial, Tensor expand, float[] bias, Activation activation, Tensor project) implements Layer {
    private static final String NAME = "block";

    public Block {
        Checks.weights(NAME, "the expanding weights", expand, -1, partial.channels());
        Checks.vector(NAME, "bias", bias, expand.dim(0));
        Checks.weights(NAME, "the projecting weights", project, partial.channels(), expand.dim(0));
    }

    public int channels() {
        return partial.channels();
    }

    public int hiddenChannels() {
        return expand.dim(0);
    }

    @Override
    public Shape dst(Shape src) {
        return partial.dst(src);
    }

    @Override
    public long multiplyAdds(Shape src) {
        return partial.multiplyAdds(src) + (long) src.pixels() * (expand.elements() + project.elements());
    }

    @Override
    public long weightElements() {
        return partial.weightElements() + expand.elements() + project.elements();
    }
}
