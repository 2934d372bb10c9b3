package org.fasternet.tensor;

import org.fasternet.error.ShapeException;

/**
 * The logical shape N x C x H x W of an activation, whatever its layout in memory.
 *
 * @param n images in the batch
 * @param c channels
 * @param h rows
 * @param w columns
 */
public record Shape(int n, int c, int h, int w) {
    public Shape {
        if (n < 1 || c < 1 || h < 1 || w < 1) {
            throw new ShapeException("a shape of " + n + "x" + c + "x" + h + "x" + w + ": every size is at least 1");
        }
        if ((double) n * c * h * w > Integer.MAX_VALUE) {
            throw new ShapeException("a shape of " + n + "x" + c + "x" + h + "x" + w + " has more than 2^31 - 1 elements");
        }
    }

    public int elements() {
        return n * c * h * w;
    }

    /** Pixels of all images together. */
    public int pixels() {
        return n * h * w;
    }

    public Shape withChannels(int channels) {
        return new Shape(n, channels, h, w);
    }

    @Override
    public String toString() {
        return n + "x" + c + "x" + h + "x" + w;
    }
}
