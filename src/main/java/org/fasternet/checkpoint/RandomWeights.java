package org.fasternet.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.fasternet.layer.FasterNetConfig;
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
        SplittableRandom seeds = new SplittableRandom(seed);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        for (Parameter parameter : Structure.of(config).parameters()) {
            int[] shape = parameter.shape(config);
            double fanIn = Tensor.elements(shape) / (double) shape[0];
            weights.put(parameter.key(), switch (parameter.role()) {
                case WEIGHT -> uniform(shape, seeds.nextLong(), 0, Math.sqrt(3 / fanIn));
                // The activation before it halves the mean square.
                case PROJECTION -> uniform(shape, seeds.nextLong(), 0, Math.sqrt(2 * BRANCH * 3 / fanIn));
                case NORM_SCALE, RUNNING_VARIANCE, LAYER_SCALE -> uniform(shape, seeds.nextLong(), 1, 0.25);
                case BIAS, NORM_BIAS, RUNNING_MEAN -> uniform(shape, seeds.nextLong(), 0, 0.25);
            });
        }
        return weights;
    }

    /** Uniform within {@code centre +- reach}, which has a variance of {@code reach^2 / 3}; deferred. */
    private static Tensor uniform(int[] shape, long seed, double centre, double reach) {
        int elements = Tensor.elements(shape);
        return Tensor.deferred(shape, (float) (centre + reach), dst -> {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < elements; i++) {
                dst[i] = (float) (centre + reach * (2 * random.nextDouble() - 1));
            }
        });
    }
}
