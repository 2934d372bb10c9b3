package org.fasternet.quantize;

import java.util.function.DoubleUnaryOperator;

/** The sum of squares that storing a tensor in 8 bits adds to it, or to what a function then makes of it. */
final class SquareError {
    private final Histogram histogram;
    private final DoubleUnaryOperator then;
    /** By bin: what becomes of its value, and the square of the function's slope there. */
    private final double[] results;
    private final double[] slopes;

    SquareError(Histogram histogram, DoubleUnaryOperator then) {
        this.histogram = histogram;
        this.then = then;
        int bins = histogram.bins();
        results = new double[bins];
        slopes = new double[bins];
        double half = (histogram.value(1) - histogram.value(0)) / 2;
        for (int i = 0; i < bins; i++) {
            if (histogram.count(i) > 0) {
                double value = histogram.value(i);
                results[i] = then.applyAsDouble(value);
                double slope = half > 0 ? (then.applyAsDouble(value + half) - then.applyAsDouble(value - half)) / (2 * half) : 0;
                slopes[i] = slope * slope;
            }
        }
    }

    /** A value within the range lies anywhere in its step; one beyond becomes the end. */
    double of(Range range) {
        double step = range.width() / 255;
        double low = then.applyAsDouble(range.low());
        double high = then.applyAsDouble(range.high());
        double inside = 0;
        double beyond = 0;
        for (int i = 0; i < results.length; i++) {
            long count = histogram.count(i);
            if (count == 0) {
                continue;
            }
            double value = histogram.value(i);
            if (value < range.low() || value > range.high()) {
                double difference = results[i] - (value < 0 ? low : high);
                beyond += count * difference * difference;
            } else {
                inside += count * slopes[i];
            }
        }
        return inside * step * step / 12 + beyond;
    }
}
