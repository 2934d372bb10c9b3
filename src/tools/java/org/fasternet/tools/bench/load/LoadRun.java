package org.fasternet.tools.bench.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.fasternet.tools.bench.timing.Latency;

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

    /**
     * Samples answered per second in each part of the run, the parts having equally many moments at which something was answered:
     * each has at least one, so there are fewer parts where there are not {@code most} such moments.
     */
    List<Double> rates(int most) {
        TreeMap<Long, Integer> samples = new TreeMap<>();
        for (long at : answered) {
            samples.merge(at, scenario.samplesPerQuery(), Integer::sum);
        }
        List<Map.Entry<Long, Integer>> moments = List.copyOf(samples.entrySet());
        List<Double> rates = new ArrayList<>();
        long start = 0;
        for (List<Map.Entry<Long, Integer>> part : parts(moments, most)) {
            long end = part.get(part.size() - 1).getKey();
            rates.add(part.stream().mapToInt(Map.Entry::getValue).sum() * 1e9 / Math.max(1, end - start));
            start = end;
        }
        return rates;
    }

    /** A figure of the queries' latencies in each part of the run, the parts having equally many answers, at least one. */
    List<Double> latencies(int most, ToDoubleFunction<Latency> figure) {
        List<Integer> order = IntStream.range(0, answered.length).boxed()
                .sorted(Comparator.comparingLong(query -> answered[query])).toList();
        return parts(order, most).stream()
                .map(part -> figure.applyAsDouble(Latency.of(part.stream().mapToLong(query -> latencies[query]).toArray())))
                .toList();
    }

    private static <T> List<List<T>> parts(List<T> all, int most) {
        int count = Math.min(most, all.size());
        return IntStream.range(0, count)
                .mapToObj(i -> all.subList((int) ((long) all.size() * i / count), (int) ((long) all.size() * (i + 1) / count)))
                .toList();
    }
}
