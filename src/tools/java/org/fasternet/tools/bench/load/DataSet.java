package org.fasternet.tools.bench.load;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.tensor.Shape;

/**
 * Random images, 8-bit H x W x C as a decoder leaves them, one after the other in a direct buffer. Behind the last image the
 * first ones are repeated, so that neighbours can be read in place wherever they begin.
 */
final class DataSet {
    private final int images;
    private final int imageBytes;
    private final ByteBuffer pixels;

    /**
     * @param images how many different ones
     * @param repeated how many are repeated behind the last one, which is the most that are read in place
     * @param shape of an image, its batch is not looked at
     */
    DataSet(int images, int repeated, Shape shape, long seed) {
        long bytes = (long) shape.c() * shape.h() * shape.w();
        long stored = (long) images + repeated;
        if (stored > Integer.MAX_VALUE / bytes) {
            throw new ShapeException("a data set of " + images + " images of " + shape.h() + "x" + shape.w() + " and a batch of "
                    + repeated + " is larger than the 2 GiB that a buffer can have");
        }
        this.images = images;
        this.imageBytes = (int) bytes;
        this.pixels = Buffers.bytes(stored * bytes);
        byte[] image = new byte[imageBytes];
        for (int i = 0; i < stored; i++) {
            new SplittableRandom(seed + i % images).nextBytes(image);
            pixels.put(image);
        }
    }

    int images() {
        return images;
    }

    /** All bytes, with a position of its own. */
    ByteBuffer view() {
        return pixels.duplicate();
    }

    /** Where an image begins; the data set begins again where it ends. */
    int position(int image) {
        return image % images * imageBytes;
    }

    int imageBytes() {
        return imageBytes;
    }
}
