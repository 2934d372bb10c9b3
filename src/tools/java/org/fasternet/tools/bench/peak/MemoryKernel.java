package org.fasternet.tools.bench.peak;

import java.util.Locale;
import org.fasternet.internal.abi.measure.PeakLoops;

/**
 * What is done with arrays a, b, c of f32, by ordinary loads and stores. Bytes are counted as STREAM does (McCalpin): those the
 * program asks for, not the line that a cache reads before it is overwritten.
 */
public enum MemoryKernel {
    /** The sum of a: 4 bytes per element. */
    READ(PeakLoops.READ),
    /** a = s: 4 bytes per element. */
    WRITE(PeakLoops.WRITE),
    /** a = b: 8 bytes per element. */
    COPY(PeakLoops.COPY),
    /** a = b + s * c: 12 bytes per element. */
    TRIAD(PeakLoops.TRIAD);

    final int code;

    MemoryKernel(int code) {
        this.code = code;
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
