package org.fasternet.schedule;

import org.fasternet.compute.ElementType;
import org.fasternet.tensor.Shape;

/**
 * A tensor in memory while a schedule runs.
 *
 * @param id its index in {@link Schedule#buffers()}
 * @param name for plans and messages
 * @param place who owns the memory
 * @param shape logical shape
 * @param type element type
 * @param layout strides
 */
public record TensorBuffer(int id, String name, Place place, Shape shape, ElementType type, Layout layout) {

    /** Who owns a buffer's memory. */
    public enum Place {
        /** The caller's, read (and, in place, written). */
        SRC,
        /** The caller's, written. */
        DST,
        /** The program's arena, shared by buffers whose lifetimes do not meet. */
        ARENA
    }

    public boolean external() {
        return place != Place.ARENA;
    }

    /** Bytes from the first element to the last. */
    public long bytes() {
        return layout.span(shape) * type.bytes();
    }

    public boolean dense() {
        return layout.equals(Layout.nhwc(shape));
    }

    /** All channels. */
    public View all() {
        return new View(this, 0, shape.c());
    }

    /** The first {@code channels} channels: the slice that a partial convolution touches. */
    public View slice(int channels) {
        return new View(this, 0, channels);
    }
}
