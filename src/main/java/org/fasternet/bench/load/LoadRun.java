package org.fasternet.bench.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What happened in one run, times in nanoseconds.
 *
 * @param targetQps the rate that queries were to arrive at, in queries per second; NaN unless in Server
 * @param latencies of each query that was answered; in Offline of each sample
 * @param answered when each of them was answered, from the run's start on
 * @param covered the time that the least duration is compared with: of the last query's issue; in Server as it was scheduled, in
 *     Offline of the last answer
 * @param complete false if it was stopped, or given up
 */
record LoadRun(Scenario scenario, double targetQps, long[] latencies, long[] answered, long covered, boolean complete) {
    /** Stopped before it began. */
    static LoadRun none(Scenario scenario) {
        return new LoadRun(scenario, Double.NaN, new long[0], new long[0], 0, false);
    }

    int queries() {
        return scenario == Scenario.OFFLINE ? 1 : latencies.length;
    }

    int samples() {
        return latencies.length * scenario.samplesPerQuery();
    }

    /** Until the last answer. */
    long elapsed() {
        return Arrays.stream(answered).max().orElse(0);
    }

    double samplesPerSecond() {
        return samples() * 1e9 / elapsed();
    }

    long[] sortedLatencies() {
        long[] sorted = latencies.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    /** Samples answered per second in each of {@code count} equal parts of the run; nothing if none was answered. */
    List<Double> rates(int count) {
        if (answered.length == 0) {
            return List.of();
        }
        double part = Math.max(1, elapsed()) / (double) count;
        int[] samples = new int[count];
        for (long at : answered) {
            samples[(int) Math.min(at / part, count - 1)] += scenario.samplesPerQuery();
        }
        List<Double> rates = new ArrayList<>();
        Arrays.stream(samples).forEach(n -> rates.add(n * 1e9 / part));
        return rates;
    }
}
