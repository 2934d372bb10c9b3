package org.fasternet.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import org.fasternet.tensor.Shape;

/** Direct buffers for what is measured. */
public final class Buffers {
    private Buffers() {}

    /** Zeros. */
    public static FloatBuffer floats(int elements) {
        return ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
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
