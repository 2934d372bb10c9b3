package org.fasternet.quantize;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import org.fasternet.error.UnsupportedException;

/** How the range of a tensor is chosen from the values that it had in calibration. */
public enum RangeMethod {
    /** All of them: nothing is cut off, and one outlier makes all steps larger. */
    MINMAX {
        @Override
        Range range(Histogram histogram, DoubleUnaryOperator then) {
            return new Range(histogram.min(), histogram.max());
        }
    },
    /** All but one in 20,000 at each end. */
    PERCENTILE {
        @Override
        Range range(Histogram histogram, DoubleUnaryOperator then) {
            long all = 0;
            for (int i = 0; i < histogram.bins(); i++) {
                all += histogram.count(i);
            }
            double tail = all * TAIL;
            int low = 0;
            int high = histogram.bins() - 1;
            for (double cut = histogram.count(low); cut <= tail && low < high; cut += histogram.count(low)) {
                low++;
            }
            for (double cut = histogram.count(high); cut <= tail && high > low; cut += histogram.count(high)) {
                high--;
            }
            return new Range(Math.max(histogram.value(low), histogram.min()), Math.min(histogram.value(high), histogram.max()));
        }
    },
    /** The one with the least mean square error, of rounding within it and of cutting off beyond. */
    MSE {
        @Override
        Range range(Histogram histogram, DoubleUnaryOperator then) {
            SquareError error = new SquareError(histogram, then);
            Range range = new Range(histogram.min(), histogram.max());
            for (int round = 0; round < ROUNDS; round++) {
                range = best(error, range, i -> part(histogram.max(), i));
                range = best(error, range, i -> part(histogram.min(), i));
            }
            return range;
        }

        private double part(double end, int i) {
            return end * i / CANDIDATES;
        }

        /** The best one, of a range and those that have another end on the same side of 0 as {@code end} gives. */
        private Range best(SquareError error, Range range, IntToDoubleFunction end) {
            Range best = range;
            double least = error.of(range);
            for (int i = 1; i <= CANDIDATES; i++) {
                double other = end.applyAsDouble(i);
                if (other == 0) {
                    break;
                }
                Range candidate = other > 0 ? new Range(range.low(), other) : new Range(other, range.high());
                double found = error.of(candidate);
                if (found < least) {
                    least = found;
                    best = candidate;
                }
            }
            return best;
        }
    };

    private static final double TAIL = 1.0 / 20_000;
    private static final int ROUNDS = 3;
    private static final int CANDIDATES = 64;

    /**
     * @param then what becomes of the values: the error that counts is that behind it
     */
    abstract Range range(Histogram histogram, DoubleUnaryOperator then);

    /** The lower-case name, as in options and files. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads a name, as {@link #id} gives it, in any case; anything else is refused with a sentence. */
    public static RangeMethod parse(String name) {
        return Arrays.stream(values()).filter(method -> method.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new UnsupportedException("unknown range method '" + name + "': "
                        + Arrays.stream(values()).map(RangeMethod::id).collect(Collectors.joining(", ")) + " are known"));
    }
}
