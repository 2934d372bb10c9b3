package org.fasternet.tools.bench.peak;

import java.util.List;

/**
 * What all threads together did per second in each round of a measurement.
 *
 * @param perSecond in the order of the rounds, at least one
 */
public record Rates(List<Double> perSecond) {
    public Rates {
        perSecond = List.copyOf(perSecond);
    }

    /** The highest: a peak that was reached once can be reached. */
    public double best() {
        return perSecond.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
}
