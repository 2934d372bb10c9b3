package org.fasternet.tensor;

import java.util.Arrays;
import org.fasternet.error.ShapeException;

/**
 * A dense row-major f32 tensor: weights on their way from a file to a back end. Its values are an array on the Java heap, or
 * deferred: read or computed whenever they are asked for, so that a network takes no memory for weights that a back end has
 * packed. Immutable, and shared by threads.
 *
 * <p>The arrays are not copied: whoever passes one in or reads one out must not write to it.
 */
public final class Tensor {
    private final int[] shape;
    private final int elements;
    private final float bound;
    private final Values values;
    /** Null if deferred. */
    private final float[] data;

    /** Where a deferred tensor gets its values. */
    public interface Values {
        /** Writes them, row-major, to the beginning of {@code dst}: the same ones by each call and in any thread. */
        void copyTo(float[] dst);
    }

    private Tensor(int[] shape, float bound, Values values, float[] data) {
        this.shape = shape.clone();
        this.elements = elements(shape);
        this.bound = bound;
        this.values = values;
        this.data = data;
    }

    /**
     * @param shape sizes, outermost first; empty for a scalar
     * @param data exactly as many values as the sizes' product
     * @throws ShapeException if a size is negative or the product is not {@code data.length}
     */
    public Tensor(int[] shape, float[] data) {
        this(shape, Float.MAX_VALUE, dst -> System.arraycopy(data, 0, dst, 0, data.length), data);
        if (elements != data.length) {
            throw new ShapeException("a tensor of shape " + Arrays.toString(shape) + " needs " + elements
                    + " values, not " + data.length);
        }
    }

    /**
     * A tensor that keeps no values.
     *
     * @param shape sizes, outermost first
     * @param bound no finite value has a larger magnitude; {@link Float#MAX_VALUE} if no more is known
     * @throws ShapeException if a size is negative
     */
    public static Tensor deferred(int[] shape, float bound, Values values) {
        return new Tensor(shape, bound, values, null);
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

    /**
     * The same values under another shape; deferred if they are here.
     *
     * @throws ShapeException if its sizes have another product
     */
    public Tensor withShape(int... other) {
        if (elements(other) != elements) {
            throw new ShapeException(this + " cannot have the shape " + Arrays.toString(other));
        }
        return new Tensor(other, bound, values, data);
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

    /**
     * The values, row-major: not a copy, or a new array if they are deferred. Each call may read a file anew, so hold the array
     * for as long as you need it, no longer.
     *
     * @throws org.fasternet.error.InvalidFileException if deferred values come from a file that can no longer be read, or has
     *     changed
     */
    public float[] data() {
        if (data != null) {
            return data;
        }
        float[] dst = new float[elements];
        values.copyTo(dst);
        return dst;
    }

    /**
     * Writes the values, row-major, to the beginning of {@code dst}.
     *
     * @throws org.fasternet.error.InvalidFileException as {@link #data}
     */
    public void copyTo(float[] dst) {
        values.copyTo(dst);
    }

    /** What no finite value's magnitude exceeds, known without looking at the values. */
    public float bound() {
        return bound;
    }

    public int elements() {
        return elements;
    }

    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
