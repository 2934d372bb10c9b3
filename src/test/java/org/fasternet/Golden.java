package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import org.fasternet.array.Npy;
import org.fasternet.compute.Precision;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/** The golden files made with PyTorch, direct buffers, and comparisons that say where the worst element is. */
public final class Golden {
    /** f32 results: within this of the largest absolute golden value, the project's tolerance. */
    public static final double F32_TOLERANCE = 1e-4;
    /** bf16 results: 8 bits of mantissa, some 20 to 60 roundings of the residual stream in a row. */
    public static final double BF16_TOLERANCE = 3e-2;

    private Golden() {}

    public static Path file(String name) {
        return Path.of("src/test/resources/golden").resolve(name);
    }

    public static Tensor npy(String name) {
        return Npy.read(file(name));
    }

    public static FloatBuffer direct(float... values) {
        return floats(values.length).put(0, values);
    }

    public static FloatBuffer floats(int elements) {
        return ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    public static ShortBuffer shorts(int elements) {
        return ByteBuffer.allocateDirect(elements * Short.BYTES).order(ByteOrder.nativeOrder()).asShortBuffer();
    }

    public static float[] array(FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.duplicate().get(values);
        return values;
    }

    public static Shape shape(Tensor nchw) {
        return new Shape(nchw.dim(0), nchw.dim(1), nchw.dim(2), nchw.dim(3));
    }

    /** Fails unless every element is within {@code tolerance} times the largest absolute expected value. */
    public static void assertClose(float[] expected, float[] actual, double tolerance) {
        assertEquals(expected.length, actual.length);
        double largest = 0;
        for (float e : expected) {
            largest = Math.max(largest, Math.abs(e));
        }
        double bound = tolerance * largest;
        int worst = -1;
        double worstError = bound;
        int off = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs((double) expected[i] - actual[i]);
            if (!(error <= bound)) {
                off++;
                if (worst < 0 || !(error <= worstError)) {
                    worst = i;
                    worstError = error;
                }
            }
        }
        if (off > 0) {
            fail(off + " of " + expected.length + " elements are off by more than " + bound + ", worst at " + worst
                    + ": expected " + expected[worst] + ", got " + actual[worst]);
        }
    }

    /** With the tolerance of a precision; bf16 must also point the same way, by a cosine above 0.999. */
    public static void assertClose(float[] expected, float[] actual, Precision precision) {
        double tolerance = switch (precision) {
            case F32 -> F32_TOLERANCE;
            case INT8 -> precision.tolerance();
            default -> BF16_TOLERANCE;
        };
        assertClose(expected, actual, tolerance);
        double least = precision == Precision.INT8 ? 0.98 : 0.999;
        assertTrue(expected.length < 10 || cosine(expected, actual) > least, () -> "cosine " + cosine(expected, actual));
    }

    public static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }
}
