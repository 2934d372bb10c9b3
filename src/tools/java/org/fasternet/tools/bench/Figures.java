package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Latency;
import org.fasternet.tools.bench.timing.Samples;

/** From times to the figures of a report. */
public final class Figures {
    private static final double NANOS_PER_MILLI = 1e6;
    /** Rounds whose figures lie further apart than this did not meet the same machine. */
    private static final double SPREAD = 0.1;

    private Figures() {}

    /** All that the times alone tell. */
    public static Map<Metric, Double> of(Samples samples) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.WARM_UP_RUNS, (double) samples.warmUpRuns());
        values.putAll(of(samples.latency()));
        return values;
    }

    public static Map<Metric, Double> of(Latency latency) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.RUNS, (double) latency.count());
        values.put(Metric.MIN, latency.min() / NANOS_PER_MILLI);
        values.put(Metric.MEAN, latency.mean() / NANOS_PER_MILLI);
        values.put(Metric.P50, latency.p50() / NANOS_PER_MILLI);
        values.put(Metric.P90, latency.p90() / NANOS_PER_MILLI);
        values.put(Metric.P99, latency.p99() / NANOS_PER_MILLI);
        values.put(Metric.P99_9, latency.p999() / NANOS_PER_MILLI);
        values.put(Metric.MAX, latency.max() / NANOS_PER_MILLI);
        values.put(Metric.CV, 100 * latency.cv());
        return values;
    }

    /**
     * What the median tells of the work.
     *
     * @param peak 10^9 operations per second that are possible; empty if not known
     */
    static Map<Metric, Double> rates(Latency latency, Cost cost, OptionalDouble peak) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        double rate = cost.flops() / latency.p50(); // per nanosecond: in units of 10^9 per second
        values.put(Metric.FLOPS, cost.flops() / 1e9);
        values.put(Metric.FLOP_RATE, rate);
        peak.ifPresent(gflops -> values.put(Metric.PEAK_SHARE, 100 * rate / gflops));
        values.put(Metric.BYTES_MOVED, cost.bytes() / 1e6);
        values.put(Metric.BANDWIDTH, cost.bytes() / latency.p50());
        values.put(Metric.INTENSITY, cost.flops() / cost.bytes());
        return values;
    }

    /** Names of what runs, without repetition. */
    public static List<String> implementations(ExecutionPlan plan) {
        return plan.steps().stream().map(ExecutionPlan.Step::implementation).distinct().toList();
    }

    /** From nanoseconds. */
    public static List<Double> millis(List<Double> nanos) {
        return nanos.stream().map(t -> t / NANOS_PER_MILLI).toList();
    }

    /** What the times tell of how far they can be trusted. */
    public static List<String> warnings(Samples samples) {
        List<String> warnings = new ArrayList<>();
        if (!samples.stable()) {
            warnings.add("the warm-up ended before the time of a run had settled");
        }
        warnings.addAll(spread(samples.medians()));
        return warnings;
    }

    /** A sentence if the rounds' figures lie too far apart; none if there are no rounds. */
    public static List<String> spread(List<Double> rounds) {
        double most = rounds.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        double least = rounds.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        return most <= (1 + SPREAD) * least
                ? List.of()
                : List.of(String.format(Locale.ROOT, "the rounds spread by %.0f %%", 100 * (most / least - 1)));
    }
}
