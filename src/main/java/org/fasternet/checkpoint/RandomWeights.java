package org.fasternet.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.fasternet.FasterNetConfig;
import org.fasternet.tensor.Tensor;

/**
 * Weights for networks that nobody has trained, of a trained network's magnitudes: a convolution keeps its input's mean square, a
 * block's branch adds a few per cent to it, and biases and means are not zero, so that every term of the arithmetic shows in the
 * output. Activations and logits of any depth stay within f16's and bf16's comfortable range.
 */
final class RandomWeights {
    /** Mean square of a residual branch over that of its input: 28 blocks, the deepest variant, make 1.05^28 = 4 of 1. */
    private static final double BRANCH = 0.05;

    private RandomWeights() {
    }

    /** Depends on nothing but the arguments. */
    static Map<String, Tensor> generate(FasterNetConfig config, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        for (Parameter parameter : Structure.of(config).parameters()) {
            int[] shape = parameter.shape(config);
            float[] values = new float[Tensor.elements(shape)];
            double fanIn = values.length / (double) shape[0];
            switch (parameter.role()) {
                case WEIGHT -> fill(values, random, 0, Math.sqrt(3 / fanIn));
                // The activation before it halves the mean square.
                case PROJECTION -> fill(values, random, 0, Math.sqrt(2 * BRANCH * 3 / fanIn));
                case NORM_SCALE, RUNNING_VARIANCE, LAYER_SCALE -> fill(values, random, 1, 0.25);
                case BIAS, NORM_BIAS, RUNNING_MEAN -> fill(values, random, 0, 0.25);
            }
            weights.put(parameter.key(), new Tensor(shape, values));
        }
        return weights;
    }

    /** Uniform within {@code centre +- reach}, which has a variance of {@code reach^2 / 3}. */
    private static void fill(float[] values, SplittableRandom random, double centre, double reach) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (centre + reach * (2 * random.nextDouble() - 1));
        }
    }
}
