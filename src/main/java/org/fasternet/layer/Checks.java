package org.fasternet.layer;

import java.util.Arrays;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/** The shape checks of all layers, made once, when a layer is built or given a source. */
final class Checks {
    private Checks() {}

    /** Refuses weights of another shape; -1 stands for any size. */
    static void weights(String layer, String name, Tensor weights, int... expected) {
        boolean fits = weights.rank() == expected.length;
        for (int i = 0; fits && i < expected.length; i++) {
            fits = weights.dim(i) >= 1 && (expected[i] < 0 || weights.dim(i) == expected[i]);
        }
        if (!fits) {
            throw new ShapeException(layer + ": " + name + " has shape " + Arrays.toString(weights.shape()) + ", "
                    + Arrays.toString(expected).replace("-1", "any") + " is expected");
        }
    }

    static void vector(String layer, String name, float[] values, int expected) {
        if (values.length != expected) {
            throw new ShapeException(layer + ": " + name + " has " + values.length + " values, " + expected + " are expected");
        }
    }

    static void channels(String layer, Shape src, int expected) {
        if (src.c() != expected) {
            throw new ShapeException(
                    layer + ": the source " + src + " has " + src.c() + " channels, " + expected + " are expected");
        }
    }
}
