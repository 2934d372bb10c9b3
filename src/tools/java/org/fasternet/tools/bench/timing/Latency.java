package org.fasternet.tools.bench.timing;

import java.util.Arrays;

/**
 * How times are distributed, in nanoseconds. Percentiles are by nearest rank: the smallest value that at least this share of all
 * values does not exceed. (MLPerf's LoadGen takes the value above it where the share of the count is whole.)
 *
 * @param count of times
 * @param deviation the sample's standard deviation, with {@code count - 1} in the denominator; 0 for a single time
 */
public record Latency(
        int count, double min, double mean, double p50, double p90, double p99, double p999, double max, double deviation) {
    /** @param nanos in any order, at least one; is not changed */
    public static Latency of(long[] nanos) {
        if (nanos.length == 0) {
            throw new IllegalArgumentException("no times");
        }
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        double mean = Arrays.stream(sorted).average().getAsDouble();
        double squares = Arrays.stream(sorted).mapToDouble(t -> (t - mean) * (t - mean)).sum();
        return new Latency(
                sorted.length, sorted[0], mean, percentile(sorted, 50), percentile(sorted, 90), percentile(sorted, 99),
                percentile(sorted, 99.9), sorted[sorted.length - 1], Math.sqrt(squares / Math.max(1, sorted.length - 1)));
    }

    /** @param sorted ascending, at least one */
    public static double percentile(long[] sorted, double percent) {
        // 99.9 % of 1000 is a hair above 999 in binary.
        int rank = (int) Math.ceil(percent / 100 * sorted.length - 1e-9);
        return sorted[Math.max(rank, 1) - 1];
    }

    /** Coefficient of variation. */
    public double cv() {
        return deviation / mean;
    }
}
