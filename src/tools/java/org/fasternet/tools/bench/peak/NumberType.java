package org.fasternet.tools.bench.peak;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.abi.measure.PeakLoops;

/**
 * What is multiplied; sums are f32 or, for integers, 32-bit integers.
 *
 * @param id the lower-case name, as in options and reports
 * @param code the native library's number
 */
public record NumberType(String id, int code) {
    private static final List<NumberType> ALL;

    static {
        List<String> names = PeakLoops.types();
        ALL = IntStream.range(0, names.size()).mapToObj(code -> new NumberType(names.get(code), code)).toList();
    }

    /** All whose peak can be measured on some CPU. */
    public static List<NumberType> all() {
        return ALL;
    }

    /** The one of that name; empty if there is none. */
    public static Optional<NumberType> of(String id) {
        return ALL.stream().filter(type -> type.id.equals(id)).findFirst();
    }

    /** Reads a name in any case; anything else is refused with a sentence. */
    public static NumberType parse(String name) {
        return of(name.toLowerCase(Locale.ROOT)).orElseThrow(() -> new UnsupportedException(
                String.join(", ", ALL.stream().map(NumberType::id).toList()) + " and all are known"));
    }

    @Override
    public String toString() {
        return id;
    }
}
