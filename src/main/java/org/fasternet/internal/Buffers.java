package org.fasternet.internal;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;

/** Direct buffers. */
public final class Buffers {
    private Buffers() {}

    /**
     * Zeros, in the machine's byte order.
     *
     * @throws ShapeException if they are more than a buffer can have
     */
    public static ByteBuffer bytes(long count) {
        return ByteBuffer.allocateDirect(size(count)).order(ByteOrder.nativeOrder());
    }

    /** @throws ShapeException if it is more bytes than a buffer can have */
    public static int size(long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw new ShapeException("a buffer of " + bytes + " bytes was asked for: it can have at most 2^31 - 1, try a smaller"
                    + " batch or size");
        }
        return (int) bytes;
    }

    /** The byte order of a buffer's elements, this machine's of bytes, which have none. */
    public static ByteOrder order(Buffer buffer) {
        if (buffer instanceof FloatBuffer floats) {
            return floats.order();
        }
        return buffer instanceof ShortBuffer shorts ? shorts.order() : ByteOrder.nativeOrder();
    }

    /** As {@link #bytes}. */
    public static FloatBuffer floats(long elements) {
        return bytes(elements * Float.BYTES).asFloatBuffer();
    }

    /** One for each shape, as {@link #floats(long)}. */
    public static FloatBuffer[] floats(List<Shape> shapes) {
        return shapes.stream().map(shape -> floats(shape.elements())).toArray(FloatBuffer[]::new);
    }

    /** Values of -1 to 1, the same for the same seed. */
    public static FloatBuffer random(Shape shape, long seed) {
        FloatBuffer values = floats(shape.elements());
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < values.capacity(); i++) {
            values.put(i, (float) random.nextDouble(-1, 1));
        }
        return values;
    }
}
