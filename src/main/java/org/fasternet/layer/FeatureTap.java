package org.fasternet.layer;

import org.fasternet.tensor.Shape;

/**
 * Hands {@code scale * x + shift}, per channel, out of the network as a feature map and passes {@code x} on unchanged: a
 * detection backbone's normalised output of one stage.
 *
 * @param scale one value per channel
 * @param shift one value per channel
 */
public record FeatureTap(float[] scale, float[] shift) implements Layer {
    private static final String NAME = "feature tap";

    public FeatureTap {
        Checks.vector(NAME, "shift", shift, scale.length);
    }

    @Override
    public Shape dst(Shape src) {
        Checks.channels(NAME, src, scale.length);
        return src;
    }

    @Override
    public long multiplyAdds(Shape src) {
        return src.elements();
    }

    @Override
    public long weightElements() {
        return scale.length;
    }
}
