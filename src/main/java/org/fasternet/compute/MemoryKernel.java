package org.fasternet.compute;

import java.util.Locale;

/**
 * A pass over arrays a, b, c of f32, by ordinary loads and stores, of which the bandwidth of memory is measured. Bytes are counted
 * as STREAM does (McCalpin): those the program asks for, not the line that a cache reads before it is overwritten.
 */
public enum MemoryKernel {
    /** The sum of a: 4 bytes per element. */
    READ(1),
    /** a = s: 4 bytes per element. */
    WRITE(1),
    /** a = b: 8 bytes per element. */
    COPY(2),
    /** a = b + s * c: 12 bytes per element. */
    TRIAD(3);

    private final int arrays;

    MemoryKernel(int arrays) {
        this.arrays = arrays;
    }

    /** How many arrays it passes over: with the size of an element, the bytes of one. */
    public int arrays() {
        return arrays;
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
