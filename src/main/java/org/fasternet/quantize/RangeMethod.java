package org.fasternet.quantize;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
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
            Range range = new Range(histogram.min(), histogram.max());
            for (int round = 0; round < ROUNDS; round++) {
                range = bestHigh(histogram, then, range);
                range = bestLow(histogram, then, range);
            }
            return range;
        }
    };

    private static final double TAIL = 1.0 / 20_000;
    private static final int ROUNDS = 3;
    private static final int CANDIDATES = 64;

    /**
     * @param then what becomes of the values: the error that counts is that behind it
     */
    abstract Range range(Histogram histogram, DoubleUnaryOperator then);

    private static Range bestHigh(Histogram histogram, DoubleUnaryOperator then, Range range) {
        Range best = range;
        double least = error(histogram, then, range);
        for (int i = 1; i < CANDIDATES && histogram.max() > 0; i++) {
            Range candidate = new Range(range.low(), histogram.max() * i / CANDIDATES);
            double error = error(histogram, then, candidate);
            if (error < least) {
                least = error;
                best = candidate;
            }
        }
        return best;
    }

    private static Range bestLow(Histogram histogram, DoubleUnaryOperator then, Range range) {
        Range best = range;
        double least = error(histogram, then, range);
        for (int i = 1; i < CANDIDATES && histogram.min() < 0; i++) {
            Range candidate = new Range(histogram.min() * i / CANDIDATES, range.high());
            double error = error(histogram, then, candidate);
            if (error < least) {
                least = error;
                best = candidate;
            }
        }
        return best;
    }

    /** The sum of squares: within the range, of a value anywhere in its step; the function's slope is that of a secant. */
    private static double error(Histogram histogram, DoubleUnaryOperator then, Range range) {
        double step = range.width() / 255;
        double error = 0;
        double low = then.applyAsDouble(range.low());
        double high = then.applyAsDouble(range.high());
        for (int i = 0; i < histogram.bins(); i++) {
            long count = histogram.count(i);
            if (count == 0) {
                continue;
            }
            double value = histogram.value(i);
            double difference;
            if (value < range.low()) {
                difference = then.applyAsDouble(value) - low;
                error += count * difference * difference;
            } else if (value > range.high()) {
                difference = then.applyAsDouble(value) - high;
                error += count * difference * difference;
            } else {
                difference = then.applyAsDouble(value + step / 2) - then.applyAsDouble(value - step / 2);
                error += count * difference * difference / 12;
            }
        }
        return error;
    }

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
