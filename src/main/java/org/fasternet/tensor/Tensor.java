package org.fasternet.tensor;

import java.util.Arrays;
import org.fasternet.ShapeException;

/**
 * A dense row-major f32 tensor on the Java heap: weights on their way from a file to a back end.
 *
 * <p>The arrays are owned by the tensor and shared, not copied: whoever passes one in or reads one out must not write to it.
 */
public final class Tensor {
    private final int[] shape;
    private final float[] data;

    /**
     * @param shape sizes, outermost first; empty for a scalar
     * @param data exactly as many values as the sizes' product
     * @throws ShapeException if a size is negative or the product is not {@code data.length}
     */
    public Tensor(int[] shape, float[] data) {
        if (elements(shape) != data.length) {
            throw new ShapeException("a tensor of shape " + Arrays.toString(shape) + " needs " + elements(shape)
                    + " values, not " + data.length);
        }
        this.shape = shape.clone();
        this.data = data;
    }

    /** The product of the sizes, which fits an {@code int}. */
    public static int elements(int... shape) {
        long n = 1;
        for (int size : shape) {
            if (size < 0) {
                throw new ShapeException("a shape with a negative size: " + Arrays.toString(shape));
            }
            n = Math.multiplyExact(n, (long) size);
            if (n > Integer.MAX_VALUE) {
                throw new ShapeException("a tensor of shape " + Arrays.toString(shape) + " has more than 2^31 - 1 values");
            }
        }
        return (int) n;
    }

    public int rank() {
        return shape.length;
    }

    public int dim(int axis) {
        return shape[axis];
    }

    public int[] shape() {
        return shape.clone();
    }

    /** The values themselves, row-major; not a copy. */
    public float[] data() {
        return data;
    }

    public int elements() {
        return data.length;
    }

    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
