package org.fasternet.tools.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.fasternet.internal.abi.measure.PeakLoops;

/**
 * How long a cache line was on its way from one CPU to another and back, before and after something was measured.
 *
 * @param before nanoseconds
 * @param after nanoseconds
 */
record RoundTrip(double before, double after) {
    /** By more than this the host has put the CPUs elsewhere: it takes 100 ns within a cache, 500 from one to another. */
    private static final double MOVED = 2;

    /** @param way empty where it cannot be measured or does not matter */
    record Beside<T>(T result, Optional<RoundTrip> way) {}

    /** @param threads of what is measured: for a single one no line has anywhere to go */
    static <T> Beside<T> around(int threads, Supplier<T> measuring) {
        OptionalDouble before = threads > 1 ? PeakLoops.roundTripNanos() : OptionalDouble.empty();
        T result = measuring.get();
        OptionalDouble after = before.isPresent() ? PeakLoops.roundTripNanos() : OptionalDouble.empty();
        return new Beside<>(result, after.isPresent()
                ? Optional.of(new RoundTrip(before.getAsDouble(), after.getAsDouble()))
                : Optional.empty());
    }

    /** The longer one. */
    double nanos() {
        return Math.max(before, after);
    }

    /** A sentence if the CPUs were moved meanwhile. */
    List<String> warnings() {
        return Math.max(before, after) < MOVED * Math.min(before, after) ? List.of() : List.of(String.format(Locale.ROOT,
                "a cache line's way between two CPUs and back took %.0f ns before and %.0f ns after: the host has moved them",
                before, after));
    }
}
