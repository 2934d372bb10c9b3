package org.fasternet.layer;

import java.util.List;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * A convolution of non-overlapping k x k patches (stride k, no padding) with a bias: the patch embedding (k = 4) and the merging
 * (k = 2). Rows and columns that k does not divide are dropped, as PyTorch does.
 *
 * @param weights O x I x k x k
 * @param bias O values
 */
public record PatchConv(Tensor weights, float[] bias) implements Layer {
    private static final String NAME = "patch convolution";

    public PatchConv {
        Checks.weights(NAME, "weights", weights, -1, -1, -1, -1);
        Checks.weights(NAME, "weights", weights, -1, -1, weights.dim(2), weights.dim(2));
        Checks.vector(NAME, "bias", bias, weights.dim(0));
    }

    /** The patch's side k, which is the stride too. */
    public int size() {
        return weights.dim(2);
    }

    @Override
    public Shape dst(Shape src) {
        Checks.channels(NAME, src, weights.dim(1));
        if (src.h() < size() || src.w() < size()) {
            throw new ShapeException(NAME + ": the source " + src + " is smaller than one patch of " + size() + "x" + size());
        }
        return new Shape(src.n(), weights.dim(0), src.h() / size(), src.w() / size());
    }

    @Override
    public long multiplyAdds(Shape src) {
        return (long) dst(src).elements() * weights.dim(1) * size() * size();
    }

    @Override
    public long weightElements() {
        return weights.elements();
    }

    /**
     * This layer for a source of 0..255 instead of {@code (p / 255 - mean) / std}: exact, because there is no padding. With
     * {@code s = 1 / (255 std)}, {@code W' = W s} and {@code b' = b - sum(W mean / std)}, in double precision.
     *
     * @param mean per source channel, on the scale 0..1
     * @param std per source channel, on the scale 0..1
     */
    public PatchConv foldNormalization(List<Double> mean, List<Double> std) {
        int channels = weights.dim(1);
        if (mean.size() != channels || std.size() != channels) {
            throw new ShapeException(
                    NAME + ": " + mean.size() + " means and " + std.size() + " deviations for " + channels + " channels");
        }
        int outputs = weights.dim(0);
        int taps = size() * size();
        float[] values = weights.data();
        float[] scaled = new float[values.length];
        float[] shifted = new float[outputs];
        for (int o = 0, i = 0; o < outputs; o++) {
            double shift = bias[o];
            for (int c = 0; c < channels; c++) {
                for (int t = 0; t < taps; t++, i++) {
                    double w = values[i] / std.get(c);
                    shift -= w * mean.get(c);
                    scaled[i] = (float) (w / 255);
                }
            }
            shifted[o] = (float) shift;
        }
        return new PatchConv(new Tensor(weights.shape(), scaled), shifted);
    }
}
