package org.fasternet.schedule;

import org.fasternet.tensor.Shape;

/**
 * A range of a buffer's channels.
 *
 * @param buffer the buffer
 * @param first first channel
 * @param channels how many
 */
public record View(TensorBuffer buffer, int first, int channels) {
    public Shape shape() {
        return buffer.shape().withChannels(channels);
    }

    public boolean whole() {
        return channels == buffer.shape().c();
    }

    /** Bytes from the buffer's first element to the view's. */
    public long offset() {
        return (long) first * buffer.layout().strideC() * buffer.type().bytes();
    }

    @Override
    public String toString() {
        return whole() ? buffer.name() : buffer.name() + "[" + first + ":" + (first + channels) + "]";
    }
}
