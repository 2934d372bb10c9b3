package org.fasternet.tools.bench.load;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.tensor.Shape;

/**
 * Images, 8-bit H x W x C as a decoder leaves them, one after the other in a direct buffer. Behind the last image the
 * first ones are repeated, so that neighbours can be read in place wherever they begin.
 */
final class DataSet {
    private final int images;
    private final int imageBytes;
    private final ByteBuffer pixels;

    /**
     * Random images.
     *
     * @param images how many different ones
     * @param repeated how many are repeated behind the last one, which is the most that are read in place
     * @param shape of an image, its batch is not looked at
     */
    DataSet(int images, int repeated, Shape shape, long seed) {
        this(images, (long) images + repeated, (long) shape.c() * shape.h() * shape.w(), images + " images of " + shape.h() + "x"
                + shape.w() + " and a batch of " + repeated);
        byte[] image = new byte[imageBytes];
        for (int i = 0; i < images + repeated; i++) {
            new SplittableRandom(seed + i % images).nextBytes(image);
            pixels.put(image);
        }
    }

    private DataSet(int images, long stored, long bytes, String what) {
        if (stored > Integer.MAX_VALUE / bytes) {
            throw new ShapeException("a data set of " + what + " is larger than the 2 GiB that a buffer can have");
        }
        this.images = images;
        this.imageBytes = (int) bytes;
        this.pixels = Buffers.bytes(stored * bytes);
    }

    /**
     * Given images of one size.
     *
     * @param repeated as for random ones
     */
    static DataSet of(List<byte[]> images, int repeated) {
        int bytes = images.get(0).length;
        long stored = (long) images.size() + repeated;
        DataSet data = new DataSet(images.size(), stored, bytes, stored + " images of " + bytes + " bytes");
        for (int i = 0; i < stored; i++) {
            data.pixels.put(images.get(i % images.size()));
        }
        return data;
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
